/**
 * Makes an embedded model from nothing, by this project's own trainer: the corpus of one dialect,
 * read once, every weight trained. Ends with a folder in Hugging Face layout and its loss curve.
 */
import { join } from 'node:path';
import type { preTrainCommand } from '../commands/pre-train.ts';
import {
  earlierResults,
  isCheckpoint,
  isModelFile,
  oneOf,
  setAside,
  type Written,
} from './earlier-results.ts';
import { nodeHost } from './node-host.ts';
import { startNodeEngine } from './node-engine.ts';
import { takeFolder } from './output-folder.ts';
import { folderCheckpoints, interrupted, LogFile, readCheckpoint } from './run-folder.ts';
import { clearProgress, duration, showProgress, type CommandRun } from './run-command.ts';
import { writeOutput } from './write-output.ts';
import { printNotices } from './print-notices.ts';
import type { StepReport } from '../metrics/step-report.ts';
import { fingerprintOf } from '../workflows/open/fingerprint.ts';
import { modelFiles } from '../workflows/train/model-files.ts';
import { runTraining } from '../workflows/train/run-training.ts';
import { openModel } from '../workflows/open/open-model.ts';
import type { TrainingJob } from '../train/train.ts';
import { newModelFiles, newModelTexts } from '../recipes/new-model.ts';
import { pretrainingJob, pretrainingSettings } from '../recipes/pretraining.ts';
import { embeddedModels, trainingSettings } from '../recipes/settings.ts';

const isSummary = oneOf(['training.json']);
const WRITTEN: Written = {
  logs: (name) => isCheckpoint(name) || name === 'curve.jsonl',
  results: (name) => isModelFile(name) || isSummary(name),
};

export const run: CommandRun<typeof preTrainCommand> = async (values, { print }) => {
  const entry = embeddedModels.find(({ id }) => id === values.model)!;
  const seed = values.seed ?? entry.seed;
  const settings = pretrainingSettings(seed, values.steps ?? trainingSettings.steps);
  const { out } = values;
  await takeFolder(out);
  const resumed = values.resume ? await readCheckpoint(out) : undefined;
  const earlier = await earlierResults(out, WRITTEN, {
    ...values,
    resumed: resumed !== undefined,
  });
  const engine = await startNodeEngine('wasm', values.threads);
  const opened = await openModel(newModelFiles(entry.id, seed), {
    precision: 'f32',
    trainable: true,
    maxTensorBytes: engine.maxTensorBytes,
  });
  const job = pretrainingJob(opened, entry.dialect, settings);
  await setAside(out, earlier);
  const curve = new LogFile(join(out, 'curve.jsonl'));
  const ended = await runTraining(job, {
    host: nodeHost(),
    checkpoints: folderCheckpoints(out),
    resumeFrom: resumed,
    notice: (one) => {
      printNotices([one]);
      return Promise.resolve();
    },
    begun: ({ reports }) => curve.begin(reports),
    report: async (step) => {
      await curve.append(step);
      show(step);
    },
  });
  clearProgress();
  const { outcome, progress } = ended;
  print(
    `${entry.id}: ${outcome} at step ${progress.step} after ${duration(progress.elapsedSeconds)}, held-out loss ${progress.validationAfter?.toFixed(4) ?? '–'}\n`,
  );
  if (outcome === 'stopped') throw interrupted(ended);
  const texts = Object.entries(newModelTexts()).map(([name, value]) => ({
    name,
    bytes: new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`),
  }));
  const files = [...(await modelFiles(opened)), ...texts];
  const results = files.map(({ name, bytes }) => ({ path: join(out, name), bytes }));
  const text = await summary(entry.id, seed, job, engine, curve.lines);
  const training = { path: join(out, 'training.json'), bytes: text };
  await writeOutput([...results, ...curve.missing, training]);
};

/** The loss curve and what made it, kept beside the weights. */
async function summary(
  id: string,
  seed: number,
  { settings, facts }: TrainingJob,
  { device, threads, features }: { device: string; threads: number; features: readonly string[] },
  lines: readonly string[],
): Promise<string> {
  const reports = lines.map((line) => JSON.parse(line) as StepReport);
  const last = reports.at(-1)!;
  const round = (value: number | null | undefined, digits: number) =>
    typeof value === 'number' ? Number(value.toFixed(digits)) : null;
  const record = {
    trainer: 'idiolect',
    model: id,
    seed,
    settings,
    fingerprint: await fingerprintOf(facts),
    engine: { device, threads, features },
    tokens: last.tokensSeen,
    seconds: round(last.elapsedSeconds, 0),
    columns: ['step', 'loss', 'held-out loss', 'tokens', 'seconds'],
    log: reports.map(({ step, loss, validationLoss, tokensSeen, elapsedSeconds }) => [
      step,
      round(loss, 4),
      round(validationLoss, 4),
      tokensSeen,
      round(elapsedSeconds, 1),
    ]),
  };
  return `${JSON.stringify(record, null, 1)}\n`;
}

function show({
  step,
  totalSteps,
  loss,
  validationLoss,
  tokensPerSecond,
  secondsLeft,
}: StepReport) {
  const held = validationLoss === undefined ? '' : `, held-out ${validationLoss.toFixed(4)}`;
  const text = `loss ${loss.toFixed(4)}${held}, ${Math.round(tokensPerSecond)} tokens/s, ${duration(secondsLeft)} left`;
  if (process.stderr.isTTY) showProgress(step, totalSteps, text);
  else if (validationLoss !== undefined) process.stderr.write(`${step}/${totalSteps} ${text}\n`);
}
