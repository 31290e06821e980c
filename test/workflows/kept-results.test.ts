/** Kept results with every kind of damage: set aside, named, and never taken for good. */
import { expect, it } from 'vitest';
import { DataError, StorageError } from '../../src/errors.ts';
import type { SetMeasurement } from '../../src/experiment/run/measurement.ts';
import type { StageResult } from '../../src/experiment/run/results.ts';
import type { Notice } from '../../src/notices.ts';
import { checkedJson, readCheckedJson } from '../../src/workflows/experiment/checked-json.ts';
import { keptResults } from '../../src/workflows/experiment/kept-results.ts';

const run = {
  kind: 'run',
  id: 'run.m.a.seed-1',
  learningRate: 0.1 + 0.2,
  test: [{ id: 'q "1"', response: 'é' }],
  retention: [],
  curve: [{ step: 0, tokens: 1, loss: null }],
} as unknown as StageResult;
const measured = {
  kind: 'familiarity',
  id: 'familiarity.m.a',
  model: 'm',
  set: 'a',
  answers: [],
  recorded: true,
  seconds: 1,
} as StageResult;
const measurement = { rows: [], skipped: [], model: { id: 'm' } } as unknown as SetMeasurement;
const RUN = 'pieces/run.m.a.seed-1.json';

function fixture() {
  const files = new Map<string, string>();
  const heard: Notice[] = [];
  const texts = {
    read: (name: string) => Promise.resolve(files.get(name)),
    write: (name: string, text: string) => Promise.resolve(void files.set(name, text)),
    setAside: (name: string, as: string) => {
      files.set(as, files.get(name)!);
      return Promise.resolve(void files.delete(name));
    },
  };
  return { files, heard, texts, store: keptResults(texts, (one) => heard.push(one)) };
}

it('any flipped bit and any cut of a result is found', () => {
  const text = checkedJson(run);
  expect(readCheckedJson(text, 'x')).toEqual({ value: run, verified: true });
  expect(JSON.parse(text)).toMatchObject(run);
  const bytes = new TextEncoder().encode(text);
  let found = 0;
  for (let at = 0; at < bytes.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const damaged = bytes.slice();
      damaged[at]! ^= 1 << bit;
      try {
        const { value, verified } = readCheckedJson(new TextDecoder().decode(damaged), 'x');
        // Only in the last key, which is no checksum then: what it would vouch for is as it was.
        expect(verified).toBe(false);
        expect(value).toMatchObject(run);
      } catch (error) {
        expect(error).toBeInstanceOf(DataError);
        found++;
      }
    }
    if (at > 0 && at < text.length)
      expect(() => readCheckedJson(text.slice(0, at), 'x')).toThrow(DataError);
  }
  expect(found).toBeGreaterThan(8 * (bytes.length - 90));
});

it('a damaged stage is kept under another name, named, and free to be done again', async () => {
  const { files, heard, store } = fixture();
  await store.write(run);
  expect(await store.read(run.id)).toEqual(run);
  const damaged = files.get(RUN)!.replace('0.3', '0.4');
  files.set(RUN, damaged);
  expect(await store.read(run.id)).toBeUndefined();
  expect([...files]).toEqual([[`${RUN}.damaged`, damaged]]);
  expect(heard).toHaveLength(1);
  expect(heard[0]).toMatchObject({
    kind: 'doubtful',
    text: expect.stringContaining(`${RUN}.damaged`) as string,
  });
  await store.write(run);
  expect(await store.read(run.id)).toEqual(run);
  expect(heard).toHaveLength(1);
});

it.each([
  ['as an earlier version wrote it', JSON.stringify(run), true],
  ['cut', JSON.stringify(run).slice(0, 40), false],
  ['of another stage', JSON.stringify({ ...run, id: 'run.m.a.seed-2' }), false],
  ['of another kind', JSON.stringify({ ...run, kind: 'constructor' }), false],
  ['without its curve', JSON.stringify({ ...run, curve: undefined }), false],
  ['not an object', '[]', false],
])('a result without checksum, %s', async (_, text, good) => {
  const { files, heard, store } = fixture();
  files.set(RUN, text);
  expect(await store.read(run.id)).toEqual(good ? run : undefined);
  expect(heard).toHaveLength(good ? 0 : 1);
});

it('a stage whose measurement is damaged is measured again, whole', async () => {
  const { files, heard, store } = fixture();
  await store.writeMeasurement(measured.id, measurement);
  await store.write(measured);
  expect(await store.read(measured.id)).toEqual(measured);
  expect(await store.readMeasurement(measured.id)).toEqual(measurement);
  const name = `measured/${measured.id}.json`;
  files.set(name, files.get(name)!.replace('"m"', '"n"'));
  expect(await store.read(measured.id)).toBeUndefined();
  expect([...files.keys()].every((file) => file.endsWith('.damaged'))).toBe(true);
  expect(heard).toHaveLength(1);
});

it('what the storage itself knows to be damaged is done again too', async () => {
  const { heard, texts } = fixture();
  const refusing = {
    ...texts,
    read: () => Promise.reject(new StorageError('both slots are damaged.')),
    setAside: () => Promise.resolve(),
  };
  const store = keptResults(refusing, (one) => heard.push(one));
  expect(await store.read(run.id)).toBeUndefined();
  expect(heard[0]!.places).toEqual(['both slots are damaged.']);
});
