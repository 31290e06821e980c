/** npm run experiment on files: what a file can ask for beside accuracy, and the same when resumed. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readRecord } from '../../src/exchange/familiarity-record/read.ts';
import type { ExperimentInput } from '../../src/experiment/spec/schema.ts';
import type { ExperimentReport } from '../../src/experiment/report/report.ts';
import { run, temporaryFolder } from './run.ts';

const lines = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).join('\n');
const question = (i: number) =>
  `Tom has ${i + 2} apples and gets ${i + 1} more. How many apples has Tom?`;
const answers = (first: number, count: number, say: (sum: string) => string) =>
  lines(
    Array.from({ length: count }, (_, k) => {
      const i = first + k;
      const sum = String(2 * i + 3);
      return { id: `q${i}`, question: question(i), response: say(sum), gold: sum };
    }),
  );

it('finishes what does not need a set that fails, names it, and goes on with --resume', async () => {
  const folder = temporaryFolder();
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const rows = (sum: string) => `Final Answer: ${sum}`;
  write('short.jsonl', answers(0, 3, rows));
  write('test.jsonl', answers(10, 2, rows));
  const input: ExperimentInput = {
    version: 1,
    name: 'with-a-failure',
    models: [{ id: 'idiolect-a' }],
    task: { kind: 'files', answers: { kind: 'final-answer' }, test: 'test.jsonl' },
    sets: [
      // It never says "Final Answer:" by itself.
      { id: 'right', kind: 'own-correct', model: 'idiolect-a', samples: 1 },
      { id: 'short', kind: 'file', path: 'short.jsonl' },
    ],
    seeds: [1],
    training: { steps: 1, batchSize: 2 },
    evaluation: { maxNewTokens: 4, divergenceQuestions: 0 },
    engine: 'wasm',
  };
  write('experiment.json', JSON.stringify(input));
  const out = join(folder, 'out');
  const args = [join(folder, 'experiment.json'), '--out', out, '--threads', '1'];
  const first = await run('experiment', args);
  expect(first.code).toBe(1);
  expect(first.stderr).toContain('familiarity.idiolect-a.right cannot be done without set.right');
  expect(first.stderr).toMatch(
    /UnfinishedError: 1 of 7 stages failed, and 2 wait for them[^]*- set\.right failed: DataError: The set "right" has no answer at all/,
  );
  const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as ExperimentReport;
  expect(report.arms.map(({ set }) => set)).toEqual(['short']);
  expect(report.notes[0]).toContain('Not finished: 1 of 2 runs are in');

  const again = await run('experiment', [...args, '--resume']);
  expect(again.code).toBe(1);
  expect(again.stderr.match(/\(kept\)/g)).toHaveLength(4);
  expect(again.stderr).toContain('set.right failed');
});

it('measures options, text, drift and masks, and finds everything again', async () => {
  const folder = temporaryFolder();
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write(
    'short.jsonl',
    answers(0, 4, (sum) => `Final Answer: ${sum}`),
  );
  write(
    'long.jsonl',
    answers(0, 4, (sum) => `Tom has ${sum} apples. Final Answer: ${sum}`),
  );
  write(
    'test.jsonl',
    answers(10, 3, (sum) => `Final Answer: ${sum}`),
  );
  write(
    'validation.jsonl',
    answers(20, 2, (sum) => `Final Answer: ${sum}`),
  );
  const options = ['3 apples', '4 apples', 'no apple at all'];
  write('choices.jsonl', lines([{ question: 'How many?', options, gold: 'B' }]));
  write('text.txt', 'Ann has 3 apples.\n\nBob has 4 apples\nand a pear.\n\n\n');
  const input: ExperimentInput = {
    version: 1,
    name: 'all-at-once',
    models: [{ id: 'idiolect-a', precision: 'f32' }],
    task: {
      kind: 'files',
      answers: { kind: 'final-answer' },
      test: 'test.jsonl',
      validation: 'validation.jsonl',
      retention: 'choices.jsonl',
      retentionAnswers: { kind: 'multiple-choice' },
      text: 'text.txt',
    },
    sets: [
      { id: 'short', kind: 'file', path: 'short.jsonl' },
      { id: 'long', kind: 'file', path: 'long.jsonl' },
      { id: 'near', kind: 'most-familiar', model: 'idiolect-a', from: ['short', 'long'] },
      { id: 'again', kind: 'paraphrase', model: 'idiolect-a', of: 'long' },
    ],
    arms: [{ model: 'idiolect-a', set: 'long' }],
    seeds: [1],
    training: { steps: 4, batchSize: 2, evaluateEvery: 2, maskPerplexity: 20 },
    checkpoint: 'best-loss',
    roles: { human: 'short', teacher: 'long' },
    evaluation: { maxNewTokens: 12 },
    engine: 'wasm',
  };
  write('experiment.json', JSON.stringify(input));
  const out = join(folder, 'out');
  const args = [join(folder, 'experiment.json'), '--out', out, '--threads', '1'];
  const first = await run('experiment', args);
  expect(first.stderr).not.toContain('Error');
  expect(first.code).toBe(0);
  const read = () => JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as ExperimentReport;
  const { models, arms, sets, hypotheses, notes } = read();
  expect(models[0]!.retention.n).toBe(1);
  expect(models[0]!.textNll['text.txt']).toBeGreaterThan(0);
  expect(arms[0]!.textNllChange['text.txt']!.n).toBe(2);
  expect(arms[0]!.divergence.test!.n).toBeGreaterThan(0);
  expect(arms[0]!.divergence.test!.perToken).toBeGreaterThan(0);
  expect(arms[0]!.divergence.retention!.n).toBe(1);
  const [seed] = arms[0]!.seeds;
  expect([2, 4]).toContain(seed!.keptStep);
  expect(seed!.maskedShare).toBeGreaterThan(0);
  expect(seed!.maskedShare).toBeLessThan(1);
  expect(sets.find(({ id }) => id === 'again')!.made).toMatchObject({
    model: 'idiolect-a',
    of: 'long',
  });
  expect(hypotheses.map(({ id }) => id)).toEqual(['H1']);
  expect(notes.join(' ')).toContain('loss of held-out answers');
  expect(first.stdout).toContain('Drift from the base model');

  const name = 'familiarity-idiolect-a.json';
  expect(read()).toMatchObject({ familiarityRecords: [name] });
  const recordText = () => readFileSync(join(out, name), 'utf8');
  const text = recordText();

  const again = await run('experiment', [...args, '--resume']);
  expect(again.stderr).toContain('(kept)');
  expect(read().arms).toEqual(arms);
  expect(recordText()).toBe(text);

  // The command that measures writes the same of the same answers, to the last digit of every token.
  const alone = join(folder, 'alone.json');
  const responses = ['short', 'long'].map((set) => join(folder, `${set}.jsonl`));
  const measured = await run('measure', [
    ...['--model', 'idiolect-a', '--precision', 'f32', '--engine', 'wasm', '--threads', '1'],
    ...['--responses', responses[0]!, '--responses', responses[1]!, '--out', alone],
  ]);
  expect(measured.stderr).not.toContain('Error');
  const { sets: all, ...setup } = readRecord(text, name);
  expect(all.map((set) => set.name)).toEqual(['short', 'long', 'near', 'again']);
  expect(all[0]!.rows[0]!.nll.length).toBeGreaterThan(3);
  const expected = readRecord(readFileSync(alone, 'utf8'), alone);
  // How far given answers agree with their gold stands in the report, by the task's rule of judging.
  expect(expected.notices.map((one) => one.text)).toEqual([
    expect.stringContaining('agree with their gold'),
  ]);
  expect({ ...setup, sets: all.slice(0, 2) }).toEqual({ ...expected, notices: [] });
});
