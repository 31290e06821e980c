/** The familiarity record: what is written reads back as it was, and what does not fit is named. */
import { expect, it } from 'vitest';
import { DataError } from '../../src/errors.ts';
import { measurementOf, readRecord } from '../../src/exchange/familiarity-record/read.ts';
import { decisivePart } from '../../src/exchange/familiarity-record/setup.ts';
import { makeRecord, recordCsv, recordJson } from '../../src/exchange/familiarity-record/write.ts';
import { exampleRecord, measuredRow, measurement, rows, setup } from '../support/example-record.ts';
import { averagePerplexity } from '../../src/familiarity/aggregate.ts';

const record = exampleRecord;
const text = recordJson(record);

it('reads back to the last digit', () => {
  expect(readRecord(text, 'record.json')).toEqual(record);
  expect(measurementOf(record)).toEqual({ ...measurement, notices: record.notices });
  expect(record.sets[0]!.averages.median).toBe(averagePerplexity(rows, 'median', 'include'));
  expect(makeRecord(measurementOf(record)).sets).toEqual(record.sets);
});

it('names what was left out and cut, once', () => {
  const kinds = record.notices.map(({ kind, places }) => [kind, ...places]);
  expect(kinds).toEqual([
    ['excluded', 'q4', 'q5'],
    ['dropped', 'Notes/q3: the question alone takes 2000 tokens'],
    ['cut', 'Notes/q2'],
  ]);
  expect(makeRecord(measurementOf(record)).notices).toEqual(record.notices);
});

it('holds one line for each answer as CSV', () => {
  const lines = recordCsv(record).trimEnd().split('\n');
  expect(lines[0]).toMatch(/^set,id,question,response,prompt_tokens,.*,in_style_truncated$/);
  expect(lines.filter((line) => line.startsWith('Notes,'))).toHaveLength(2);
});

it('says whether two measurements are made with the same', () => {
  const other = { ...setup, settings: { ...setup.settings, batchTokens: 64 } };
  expect(decisivePart(other)).toBe(decisivePart(setup));
  const int8 = { ...setup, model: { ...setup.model, precision: 'f32' as const } };
  expect(decisivePart(int8)).not.toBe(decisivePart(setup));
});

/** The record with one thing changed, read; the problems that are named. */
function problemsOf(change: (value: typeof record) => void): string {
  const value = JSON.parse(text) as typeof record;
  change(value);
  try {
    readRecord(JSON.stringify(value), 'mine.json');
  } catch (error) {
    expect(error).toBeInstanceOf(DataError);
    return (error as DataError).message;
  }
  return 'read';
}

it('refuses what is no record, of a later version, or contradicts itself', () => {
  expect(() => readRecord('[', 'mine.json')).toThrow('mine.json is not valid JSON.');
  expect(() => readRecord('{"sets": {}}', 'mine.json')).toThrow(
    'format: expected "idiolect-familiarity", got nothing.',
  );
  expect(problemsOf((value) => ((value.version as number) = 2))).toContain(
    'version 2; this program reads version 1',
  );
  const several = problemsOf((value) => {
    Object.assign(value.sets[0]!.rows[1]!, { prompt_tokens: 1.5, colour: 'red' });
    Object.assign(value.model, { precision: 'int3' });
  });
  expect(several).toContain(
    'model.precision: expected "as-stored" or "f32" or "int8", got "int3".',
  );
  expect(several).toContain('sets.0.rows.1.prompt_tokens: expected a whole number, got 1.5.');
  expect(several).toContain('sets.0.rows.1.colour: no such key.');
  expect(problemsOf((value) => value.sets[0]!.rows[0]!.nll.pop())).toContain(
    'sets.0.rows.0.nll: expected 4 numbers, got 3.',
  );
  expect(problemsOf((value) => (value.sets[0]!.rows[0]!.nll_sum = 9))).toMatch(
    /sets\.0\.rows\.0\.nll_sum: expected 3\.1\d+ from its nll, got 9\./,
  );
  expect(problemsOf((value) => (value.sets[0]!.averages.median = 1))).toMatch(
    /sets\.0\.averages\.median: expected \d.* from its rows, got 1\./,
  );
  expect(problemsOf((value) => (value.sets[0]!.rows[1]!.id = 'q1'))).toContain(
    'sets.0.rows.1.id: q1 stands twice in its set.',
  );
});

it('-0 is written and read as 0', () => {
  const rows = [{ ...measuredRow('q1', [-0, 0]), nllSum: -0 }];
  const record = makeRecord({ ...measurement, sets: [{ ...measurement.sets[0]!, rows }] });
  expect(record.sets[0]!.rows[0]!.nll.map((nll) => Object.is(nll, 0))).toEqual([true, true]);
  const text = recordJson(record).replace('"context_length": 64', '"context_length": -0');
  expect(readRecord(text, 'x.json').model.context_length).toBe(0);
});
