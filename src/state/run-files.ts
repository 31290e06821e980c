/** Runs as the files a person takes home. */
import { logsToCsv, logToJsonLines, trainerState } from '../exchange/metrics-export.ts';
import type { Run } from './run.svelte.ts';

/** All columns of some runs below each other, as CSV. */
export function runsCsv(runs: readonly Run[]): string {
  return logsToCsv(runs.map(({ label, log }) => ({ name: label, log })));
}

/** One run as `trainer_state.json`, which other tools plot. */
export function runStateJson({ record, log }: Run): string {
  const { training } = record.settings;
  const state = trainerState(log, {
    trainBatchSize: training.batchSize,
    epochs: log.length === 0 ? 0 : Math.ceil(log.at('epoch', log.length - 1)),
    loggingSteps: training.logEvery,
    evalSteps: training.evaluateEvery,
    saveSteps: training.evaluateEvery,
  });
  return `${JSON.stringify(state, null, 2)}\n`;
}

/** One JSON object a line, as experiment trackers take it. */
export function runJsonLines({ log }: Run): string {
  return logToJsonLines(log);
}

/** Every setting, version and hash of a run. */
export function runManifestJson({ record }: Run): string {
  const { summary, ...facts } = record;
  return `${JSON.stringify({ ...facts, ...summary?.manifest }, null, 2)}\n`;
}
