/** npm run train: a LoRA adapter (or a whole tiny model) from a file of answers. */
import { basename, join, resolve } from 'node:path';
import { settingsFrom } from '../commands/settings.ts';
import { trainCommand } from '../commands/train.ts';
import { DataError, UsageError } from '../errors.ts';
import { loraFields, type LoraSettings } from '../lora/config.ts';
import type { TrainingSettings } from '../train/config.ts';
import type { HeldOutCheck } from '../metrics/held-out-check.ts';
import type { StepReport } from '../metrics/step-report.ts';
import { adapterFiles } from '../workflows/train/adapter-files.ts';
import { sha256Of } from '../storage/sha256.ts';
import { modelFiles } from '../workflows/train/model-files.ts';
import { runManifest } from '../workflows/train/run-manifest.ts';
import {
  megabytes,
  planRun,
  prepareRun,
  type RunRequest,
} from '../workflows/train/training-run.ts';
import { checkedRun, type CheckedResult } from '../workflows/train/checked-run.ts';
import { rightOf } from '../workflows/train/held-out-questions.ts';
import { maskedSentence } from '../workflows/train/mask-tokens.ts';
import {
  earlierResults,
  isCheckpoint,
  isModelFile,
  oneOf,
  setAside,
  type Written,
} from './earlier-results.ts';
import { nodeHost } from './node-host.ts';
import { openCommandModel } from './open-model.ts';
import { takeFolder } from './output-folder.ts';
import { readInput } from './read-file.ts';
import { excludedIds, leaveOut } from './exclude-rows.ts';
import { readResponseFile } from './read-responses.ts';
import { clearProgress, duration, showProgress, type CommandRun } from './run-command.ts';
import { writeDurably } from '../storage/durable.ts';
import { folderCheckpoints, interrupted, LogFile, readCheckpoint } from './run-folder.ts';
import { printNotices } from './print-notices.ts';
import { writeOutput } from './write-output.ts';
import { noticesOf } from '../data/response-set.ts';

const isLog = oneOf(['metrics.jsonl', 'answers.jsonl', 'run.json']);
const isAdapterFile = oneOf(['adapter_config.json', 'adapter_model.safetensors', 'README.md']);

const writtenBy = (method: TrainingSettings['method']): Written => ({
  logs: (name) => isCheckpoint(name) || isLog(name),
  results: (name) => (method === 'full' ? isModelFile(name) : isAdapterFile(name)),
});

export const run: CommandRun<typeof trainCommand> = async (values, { print, result }) => {
  const { options } = trainCommand;
  const training = settingsFrom('training', options, values);
  const checks = settingsFrom('checks', options, values);
  const lora: LoraSettings = {
    ...settingsFrom('lora', options, values),
    ...targetsOf(values.targets),
  };
  const { encoding, out } = values;
  await takeFolder(out);
  const resumed = values.resume ? await readCheckpoint(out) : undefined;
  const earlier = await earlierResults(out, writtenBy(training.method), {
    ...values,
    resumed: resumed !== undefined,
  });
  const excluded = await excludedIds(values.exclude, values['exclude-file']);
  const whole = await readResponseFile(values.responses, values.rows);
  const held = values.validation === undefined ? [] : [await readResponseFile(values.validation)];
  const {
    sets: [set, validation],
    notices: unknownIds,
  } = leaveOut([whole, ...held], excluded);
  if (!set) throw new DataError('There is no response set.');
  const { opened, engine, openedWith, prompt } = await openCommandModel(
    values,
    training.method === 'full',
  );
  const request: RunRequest = {
    set,
    prompt,
    encoding,
    lora,
    training,
    checks,
    ...(validation && { validation }),
  };
  const plan = planRun(opened, request, engine.memoryBytes);
  const read = [...openedWith.notices, ...[set, ...held].flatMap(noticesOf), ...unknownIds];
  printNotices([...read, ...plan.notices]);
  const { job, adapter, masked } = await prepareRun(opened, request, plan);
  if (masked) process.stderr.write(`${maskedSentence(masked)}\n`);
  const all = opened.model.shape.parameters + (adapter?.parameterCount ?? 0);
  const number = (value: number) => value.toLocaleString('en-US');
  process.stderr.write(
    `trainable params: ${number(plan.trainableParameters)} || all params: ${number(all)} || trainable%: ${((100 * plan.trainableParameters) / all).toFixed(4)}\n` +
      `${plan.examples.length} answers, ${plan.validation.length} held out${plan.questions ? ` (${plan.questions.questions.length} questions asked before and after)` : ''}; about ${megabytes(plan.memory.total)} of memory\n`,
  );

  await setAside(out, earlier);
  const metrics = new LogFile(join(out, 'metrics.jsonl'));
  const answers = new LogFile(join(out, 'answers.jsonl'));
  const files = {
    answers: await hashedFile(values.responses),
    held_out_answers: values.validation === undefined ? null : await hashedFile(values.validation),
  };
  const manifestOf = async (ended?: CheckedResult) => ({
    ...(await runManifest(opened, engine, request, plan, job.facts, ended)),
    node: process.version,
    files,
    excluded,
  });
  const manifestFile = (manifest: object) => ({
    path: join(out, 'run.json'),
    bytes: `${JSON.stringify(manifest, null, 2)}\n`,
  });
  const checked = { opened, prompt, job, questions: plan.questions };
  const ended = await checkedRun(checked, {
    host: nodeHost(),
    checkpoints: folderCheckpoints(out),
    resumeFrom: resumed,
    notice: (one) => {
      printNotices([one]);
      return Promise.resolve();
    },
    // By now a checkpoint of another run would have been refused, with nothing of it touched.
    begun: async (history) => {
      await metrics.begin(history.reports);
      await answers.begin(history.checks);
      const { path, bytes } = manifestFile(await manifestOf());
      await writeDurably(path, bytes);
    },
    report: async (step) => {
      await metrics.append(step);
      printReport(step);
    },
    checked: async (check) => {
      await answers.append(check);
      printCheck(check);
    },
  });
  clearProgress();
  const trained = adapter ? await adapterFiles(opened, adapter) : await modelFiles(opened);
  const results = trained.map(({ name, bytes }) => ({ path: join(out, name), bytes }));
  const manifest = await manifestOf(ended);
  const logs = [...metrics.missing, ...answers.missing];
  await writeOutput([...results, ...logs, manifestFile(manifest)]);
  const { step, elapsedSeconds, validationAfter } = ended.progress;
  const { before, after } = ended;
  print(
    `${ended.outcome} at step ${step} of ${training.steps} after ${duration(elapsedSeconds)}` +
      (before && after
        ? `; held-out questions right ${rightOf(before)} → ${rightOf(after)} of ${after.answers.length}`
        : '') +
      `${validationAfter === undefined ? '' : `; held-out loss ${validationAfter.toFixed(4)}`}\n`,
  );
  result({ ...manifest, seconds: elapsedSeconds, out: resolve(out) });
  if (ended.outcome === 'stopped') throw interrupted(ended);
};

/** One of the choices, or the names of layers. @throws UsageError for an empty name */
function targetsOf(text: string): Pick<LoraSettings, 'targets'> | { targetModules: string[] } {
  const { choices } = loraFields.targets;
  const choice = (Object.keys(choices) as LoraSettings['targets'][]).find((name) => name === text);
  if (choice !== undefined) return { targets: choice };
  const names = text.split(',').map((name) => name.trim());
  if (!names.includes('')) return { targetModules: names };
  const known = Object.keys(choices).join(', ');
  throw new UsageError(
    `--targets: expected one of ${known}, or names of layers such as q_proj,v_proj, got "${text}".`,
  );
}

async function hashedFile(path: string): Promise<{ file: string; sha256: string }> {
  return { file: basename(path), sha256: await sha256Of(await readInput(path)) };
}

function printReport({
  step,
  totalSteps,
  loss,
  validationLoss,
  tokensPerSecond,
  secondsLeft,
}: StepReport): void {
  const parts = [
    !Number.isNaN(loss) && `loss ${loss.toFixed(4)}`,
    validationLoss !== undefined && `held-out ${validationLoss.toFixed(4)}`,
    `${Math.round(tokensPerSecond)} tokens/s`,
    `${duration(secondsLeft)} left`,
  ].filter(Boolean);
  if (process.stderr.isTTY) showProgress(step, totalSteps, parts.join(', '));
  else if (validationLoss !== undefined)
    process.stderr.write(`${step}/${totalSteps} ${parts.join(', ')}\n`);
}

/** How many are right of all, or on the way one question with its answer. */
function printCheck(check: HeldOutCheck): void {
  clearProgress();
  const { step, whole, answers } = check;
  const [first] = answers;
  const text = whole
    ? `${rightOf(check)} of ${answers.length} held-out questions right`
    : `${first!.question} → ${first!.answer.trim()} (${first!.right ? 'right' : `wrong: ${first!.gold}`})`;
  process.stderr.write(`step ${step}: ${text.replaceAll('\n', ' ')}\n`);
}
