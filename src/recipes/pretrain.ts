/**
 * Makes an embedded model from nothing, by this project's own trainer: the corpus of one dialect,
 * read once, every weight trained. Ends with a folder in Hugging Face layout and its loss curve.
 *
 *     npm run pre-train -- --model idiolect-a --out runs/idiolect-a [--seed 1] [--resume]
 */
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { numberOf, textOf, type Command } from '../../src/cli/arguments.ts';
import { nodeHost } from '../../src/cli/node-host.ts';
import { startNodeEngine } from '../../src/cli/node-engine.ts';
import {
  folderCheckpoints,
  keptLines,
  readCheckpoint,
  replaceFile,
} from '../../src/cli/run-folder.ts';
import { clearProgress, duration, runCommand, showProgress } from '../../src/cli/run-command.ts';
import { DataError } from '../../src/errors.ts';
import type { StepReport } from '../../src/metrics/step-report.ts';
import { sha256Of } from '../workflows/open/fingerprint.ts';
import { modelFiles } from '../workflows/train/model-files.ts';
import { runTraining } from '../workflows/train/run-training.ts';
import { openModel } from '../workflows/open/open-model.ts';
import type { TrainingJob } from '../../src/train/train.ts';
import { newModelFiles, newModelTexts } from './new-model.ts';
import { pretrainingJob, pretrainingSettings } from './pretraining.ts';
import { embeddedModels, trainingSettings } from './settings.ts';

const command: Command = {
  name: 'pre-train',
  summary: 'Trains an embedded model from nothing and writes it in Hugging Face layout.',
  options: {
    model: { value: 'ID', help: embeddedModels.map(({ id }) => id).join(' or '), required: true },
    out: { value: 'DIR', help: 'where everything is written', required: true },
    seed: { value: 'N', help: 'of weights and order (the seed of the embedded model)' },
    steps: {
      value: 'N',
      help: 'fewer steps, for a trial',
      default: String(trainingSettings.steps),
    },
    threads: { value: 'N', help: 'threads of the CPU engine (all)' },
    resume: { help: 'go on from the checkpoint in the out folder' },
  },
};

async function main(): Promise<void> {
  await runCommand(command, async (values) => {
    const entry = embeddedModels.find(({ id }) => id === textOf(values, 'model'));
    if (!entry) throw new DataError(`--model: expected ${command.options['model']!.help}.`);
    const seed = numberOf(values, 'seed') ?? entry.seed;
    const settings = pretrainingSettings(seed, numberOf(values, 'steps')!);
    const out = textOf(values, 'out')!;
    await mkdir(out, { recursive: true });

    const engine = await startNodeEngine('wasm', textOf(values, 'threads'));
    const opened = await openModel(newModelFiles(entry.id, seed), {
      precision: 'f32',
      trainable: true,
      maxTensorBytes: engine.maxTensorBytes,
    });
    const job = pretrainingJob(opened, entry.own, settings);
    const resumed = values['resume'] === true ? await readCheckpoint(out) : undefined;
    const curve = join(out, 'curve.jsonl');
    const { outcome, progress } = await runTraining(job, {
      host: nodeHost(),
      checkpoints: folderCheckpoints(out),
      resumeFrom: resumed,
      begun: async () => replaceFile(curve, await keptLines(curve, resumed?.progress.step)),
      report: async (step) => {
        await appendFile(curve, `${JSON.stringify(step)}\n`);
        show(step);
      },
    });
    clearProgress();
    process.stdout.write(
      `${entry.id}: ${outcome} at step ${progress.step} after ${duration(progress.elapsedSeconds)}, held-out loss ${progress.validationAfter?.toFixed(4) ?? '–'}\n`,
    );
    if (outcome === 'stopped') return;
    const texts = Object.entries(newModelTexts()).map(([name, value]) => ({
      name,
      bytes: new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`),
    }));
    for (const { name, bytes } of [...(await modelFiles(opened)), ...texts]) {
      await replaceFile(join(out, name), bytes);
    }
    const lines = (await readFile(curve, 'utf8')).trim().split('\n');
    await writeFile(join(out, 'training.json'), await summary(entry.id, seed, job, engine, lines));
  });
}

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
    fingerprint: await sha256Of(JSON.stringify(facts)),
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

if (process.argv[1]?.endsWith('pretrain.ts')) await main();
