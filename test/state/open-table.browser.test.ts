/** Files read in a worker of a real browser; and what is said when the worker cannot be had, dies, or takes too long. */
import { expect, it } from 'vitest';
import { DataError, StoppedError } from '../../src/errors.ts';
import { tablesInWorker } from '../../src/state/open-table.ts';

const going = (): AbortSignal => new AbortController().signal;
const file = (text: string, name = 'answers.csv'): File => new File([text], name);
const mapping = { id: 'id', question: 'question', responses: ['response'] };

/** Longest time in which the page's thread came to nothing else, as a share of the whole. */
async function longestPause<Result>(work: Promise<Result>): Promise<[Result, number]> {
  const began = performance.now();
  let [longest, last, watching] = [0, performance.now(), true];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (watching) port2.postMessage(0);
  };
  port2.postMessage(0);
  const result = await work;
  watching = false;
  return [result, longest / (performance.now() - began)];
}

it('reads 100,000 records while the page stays usable', async () => {
  const lines = Array.from(
    { length: 100_000 },
    (_, i) => `q${i},"What is ${i}, please?",It is ${i}.`,
  );
  const source = file(`id,question,response\n${lines.join('\n')}\n`);
  const [open, opening] = await longestPause(tablesInWorker()(source, going()));
  expect([open.count, open.table.rows.length]).toEqual([100_000, 50]);
  const [{ sets }, reading] = await longestPause(open.records(mapping));
  expect(sets[0]!.rows.length).toBe(100_000);
  expect(sets[0]!.rows[99_999]).toEqual({
    id: 'q99999',
    question: 'What is 99999, please?',
    response: 'It is 99999.',
  });
  // Read by the page's own thread, it would be all of the time; on a busy machine both take longer.
  expect(Math.max(opening, reading)).toBeLessThan(0.6);
  open.close();
});

it('says what is wrong with a file, and reads it once the columns are corrected', async () => {
  const open = await tablesInWorker()(file('id,question,response\n1,q,a\n'), going());
  const wrong = open.records({ ...mapping, question: 'nothing' });
  await expect(wrong).rejects.toThrow('There is no column "nothing"');
  await expect(wrong).rejects.toBeInstanceOf(DataError);
  expect((await open.records(mapping)).sets[0]!.rows.length).toBe(1);
  open.close();
  await expect(open.records(mapping)).rejects.toBeInstanceOf(StoppedError);
  await expect(tablesInWorker()(file('"a,b\n1,2\n'), going())).rejects.toThrow(
    /answers\.csv, line 1: /,
  );
});

const silent = () =>
  Object.assign(new EventTarget(), { postMessage: () => undefined, terminate: () => undefined });

it('a worker that cannot be had, dies, never answers, or is stopped', async () => {
  const none = tablesInWorker(() => {
    throw new Error('SecurityError');
  });
  await expect(none(file('a'), going())).rejects.toThrow(
    'answers.csv cannot be read: the browser starts no worker',
  );
  const dying = silent();
  const lost = tablesInWorker(() => dying)(file('a'), going());
  dying.dispatchEvent(new ErrorEvent('error', { cancelable: true }));
  await expect(lost).rejects.toThrow(
    'answers.csv: the worker that reads it stopped (perhaps it needs more memory',
  );
  const late = tablesInWorker(silent, 0.05)(file('a'), going());
  await expect(late).rejects.toThrow('answers.csv could not be read within 0.05 seconds');
  const stop = new AbortController();
  const stopped = tablesInWorker(silent)(file('a'), stop.signal);
  stop.abort();
  await expect(stopped).rejects.toBeInstanceOf(StoppedError);
});
