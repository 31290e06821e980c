/** A report can be made at any moment; what is missing is said and never guessed. */
import { expect, it } from 'vitest';
import { tablesOf } from '../../src/experiment/report/tables.ts';
import { exampleReport } from './example-report.ts';

it('speaks of the stages that are there, and of no verdict before all four arms are in', async () => {
  const { results, report, partial } = await exampleReport();
  const runsAt = (stages: number) =>
    results.slice(0, stages).filter(({ kind }) => kind === 'run').length;
  for (let stages = 0; stages < results.length; stages += 3) {
    const early = partial(stages);
    expect(early.arms.reduce((sum, { seeds }) => sum + seeds.length, 0)).toBe(runsAt(stages));
    expect(early.notes[0]).toContain(`Not finished: ${runsAt(stages)} of 12 runs are in`);
    for (const table of tablesOf(early)) {
      for (const row of table.rows) expect(row).toHaveLength(table.columns.length);
    }
    // The runs of mb on terse, which come last, are none of the four arms.
    expect(early.crossOver === undefined).toBe(stages < results.length - 2);
  }
  expect(report.crossOver).toBeDefined();
  expect(report.notes.join()).not.toContain('Not finished');
});

it('finds the same numbers for what was there before', async () => {
  const { results, report, partial } = await exampleReport();
  const early = partial(results.length - 1);
  expect(early.arms.slice(0, -1)).toEqual(report.arms.slice(0, -1));
  expect(early.crossOver).toEqual(report.crossOver);
  expect(early.sets).toEqual(report.sets);
});
