/** Results that an earlier version kept: one stage for the familiarity of all sets of a model. */
import { expect, it } from 'vitest';
import type { FamiliarityResult, StageResult } from '../../src/experiment/run/results.ts';
import {
  experimentResult,
  openResults,
  readResult,
  reportJson,
  resultFiles,
} from '../../src/workflows/experiment/experiment-result.ts';
import { recordFiles } from '../../src/workflows/experiment/familiarity-records.ts';
import { memoryResults } from '../experiment/fake-backend.ts';
import { exampleReport, exampleEnvironment, type Example } from '../experiment/example-report.ts';

/** As they were. */
function earlier({ results, report }: Example) {
  return report.experiment.models.map(({ id }) => {
    const measured = results.filter(isFamiliarity).filter(({ model }) => model === id);
    return {
      kind: 'familiarity',
      id: `familiarity.${id}`,
      sets: Object.fromEntries(measured.map(({ set, answers }) => [set, answers])),
      styled: Object.fromEntries(measured.map(({ set, styled }) => [set, styled])),
      seconds: measured.reduce((sum, { seconds }) => sum + seconds, 0),
    };
  });
}
const isFamiliarity = (result: StageResult): result is FamiliarityResult =>
  result.kind === 'familiarity';
/** Earlier versions kept no token's NLL. */
const unrecorded = ({ recorded: _, ...result }: FamiliarityResult) => result;
/** Measured in style too: models that answer everything right have examples enough. */
const example = () => exampleReport({ familiarity: { styleExamples: 1 } }, { skill: () => 1 });

it('are read from a report', async () => {
  const given = await example();
  const { task, results, report } = given;
  const others = results.filter((one) => !isFamiliarity(one));
  const file = { ...report, questions: task, results: [...others, ...earlier(given)] };
  const read = readResult(JSON.stringify(file));
  const familiarity = results.filter(isFamiliarity).map(unrecorded);
  expect(familiarity).toHaveLength(2 * 3);
  expect(familiarity.every(({ styled }) => styled !== undefined)).toBe(true);
  expect(read.results).toEqual([...others, ...familiarity]);
  const { experiment } = report;
  const today = experimentResult({ experiment, task, notices: [] }, results, exampleEnvironment);
  expect(resultFiles(read)['report.html']).toContain(today.report.sets[0]!.sha256);
  expect(read.report).toEqual(today.report);
  // Without any token's NLL there is no record to write.
  expect(JSON.parse(reportJson(read))).toMatchObject({ familiarityRecords: [] });
  expect(await recordFiles(read, memoryResults())).toEqual({});
});

it('are found by the names of today, and not written again', async () => {
  const given = await example();
  const files = new Map(
    earlier(given).map((one) => [`pieces/${one.id}.json`, JSON.stringify(one)]),
  );
  const written: string[] = [];
  const open = () =>
    openResults(
      {
        read: (name) => Promise.resolve(files.get(name)),
        readBytes: () => Promise.resolve(undefined),
        writeBytes: () => Promise.resolve(),
        remove: () => Promise.resolve(),
        write: (name, text) => {
          written.push(name);
          files.set(name, text);
          return Promise.resolve();
        },
        setAside: () => Promise.reject(new Error('nothing is damaged')),
      },
      'here',
      given.report.experiment,
      'f',
      () => undefined,
    );
  const store = await open();
  for (const stage of given.results.filter(isFamiliarity)) {
    expect(await store.read(stage.id)).toEqual(unrecorded(stage));
  }
  const stages = () => written.filter((name) => name.startsWith('pieces/'));
  expect(stages()).toHaveLength(6);
  await open();
  expect(stages()).toHaveLength(6);
});
