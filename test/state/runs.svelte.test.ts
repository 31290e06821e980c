import { beforeEach, expect, test } from 'vitest';
import { stepColumns, type StepLog, type StepReport } from '../../src/metrics/step-report.ts';
import { ColumnLog } from '../../src/metrics/column-log.ts';
import { chunkOf } from '../../src/state/log-chunks.ts';
import { RunArchive } from '../../src/state/run-archive.ts';
import { differingSettings, type RunRecord } from '../../src/state/run-record.ts';
import { runsCsv, runStateJson } from '../../src/state/run-files.ts';
import { RunsState } from '../../src/state/runs.svelte.ts';
import type { AppState } from '../../src/state/app-state.svelte.ts';
import { tinyApp } from '../support/tiny-app.ts';

let app: AppState;
beforeEach(async () => {
  app = tinyApp();
  await Promise.all([app.answers.loadExamples(), app.model.open()]);
  Object.assign(app.training.training, { steps: 3 });
  await app.training.start();
});
const first = () => app.runs.list[0]!;
/** A row of a log as the report it came from. */
const rowOf = (log: StepLog, row: number) =>
  Object.fromEntries(stepColumns.map((name) => [name, log.at(name, row)])) as unknown as StepReport;

test('without a database runs live in memory, and the page says so', async () => {
  await app.runs.load();
  expect(app.runs.refused).toMatch(/keeps nothing/);
});

test('an archive gives back what was written, chunk by chunk', async () => {
  const archive = new RunArchive();
  await archive.put(first().record);
  const { log, id } = first();
  await archive.append(chunkOf(id, log, 0));
  const more = new ColumnLog(stepColumns);
  for (const step of [0, 1, 2, 3, 4]) more.append({ step, loss: 1 / (1 + step) });
  await archive.append(chunkOf(id, more, log.length));
  const [kept] = await archive.load();
  expect(kept!.record).toEqual(first().record);
  expect([...kept!.log.column('step')]).toEqual([0, 1, 2, 3, 4]);
  more.truncate(2);
  await archive.replaceLog(chunkOf(id, more, 0));
  expect([...(await archive.load())[0]!.log.column('step')]).toEqual([0, 1]);
  await archive.delete(id);
  expect(await archive.load()).toEqual([]);
});

test('another visit finds its runs, those cut off as interrupted', async () => {
  const archive = new RunArchive();
  const cut: RunRecord = { ...first().record, state: 'running' };
  await archive.put(cut);
  await archive.append(chunkOf(cut.id, first().log, 0));
  const later = new RunsState({
    archive: () => Promise.resolve(archive),
    nextFrame: queueMicrotask,
  });
  await later.load();
  expect(later.list.map(({ status }) => status)).toEqual([{ kind: 'interrupted', step: 3 }]);
  expect(later.list[0]!.outcome).toEqual(first().outcome);
});

test('held-out questions right before and after stay with the run', async () => {
  const { counts, record } = first();
  expect(counts).toMatchObject({ total: expect.any(Number) as number });
  const steps = record.answers!.map(({ step, whole }) => [step, whole]);
  expect([steps[0], steps.at(-1)]).toEqual([
    [0, true],
    [3, true],
  ]);
  // Going on from step 0 drops what was answered later.
  app.runs.goOn(first());
  app.runs.begun(first(), 0, { reports: [], checks: record.answers!.slice(0, 1) });
  expect(first().record.answers!.map(({ step }) => step)).toEqual([0]);
  expect(first().counts).toBeUndefined();
  await app.runs.settled();
});

test('names change, empty ones do not, and a removed run is gone', async () => {
  app.runs.rename(first(), '  Mine ');
  expect(first().label).toBe('Mine');
  app.runs.rename(first(), ' ');
  expect(first().label).toBe('Mine');
  expect(await app.runs.remove(first(), () => Promise.resolve())).toBe(true);
  expect(app.runs.list).toEqual([]);
  expect(app.runs.baseline).toBeUndefined();
});

test('going on from a checkpoint: the log becomes that of the checkpoint', async () => {
  const reports = [0, 1].map((step) => rowOf(first().log, step));
  // Points that a closed page did not write are back too.
  first().log.truncate(1);
  app.runs.goOn(first());
  app.runs.begun(first(), 1, { reports, checks: [] });
  expect([...first().log.column('step')]).toEqual([0, 1]);
  expect(first().resumedAt).toEqual([1]);
  expect(first().status).toEqual({ kind: 'running', step: 1 });
  await app.runs.settled();
});

test('the table shows only settings that differ', async () => {
  Object.assign(app.training.lora, { rank: 4 });
  await app.training.start();
  expect(differingSettings(app.runs.list.map(({ record }) => record))).toEqual(['rank']);
});

test('files: a line for each point as CSV, a log entry for each as trainer_state', () => {
  const lines = runsCsv(app.runs.list).trim().split('\n');
  expect(lines).toHaveLength(1 + first().log.length);
  const state = JSON.parse(runStateJson(first())) as { log_history: { step: number }[] };
  expect(state.log_history.at(-1)!.step).toBe(3);
});
