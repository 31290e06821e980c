/** npm run train: a LoRA adapter (or a whole tiny model) from a file of answers. */
import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UsageError } from '../errors.ts';
import { checkFields, type CheckSettings } from '../evaluate/config.ts';
import { defaultsOf, problemsOf, type Field } from '../fields.ts';
import { loraFields, type LoraSettings } from '../lora/config.ts';
import type { StepReport } from '../metrics/step-report.ts';
import { adapterFiles } from '../workflows/train/adapter-files.ts';
import { sha256Of } from '../workflows/open/fingerprint.ts';
import { modelFiles } from '../workflows/train/model-files.ts';
import { runManifest } from '../workflows/train/run-manifest.ts';
import {
  megabytes,
  planRun,
  prepareRun,
  type RunRequest,
} from '../workflows/train/training-run.ts';
import { checkedRun, type CheckedResult } from '../workflows/train/checked-run.ts';
import { rightOf, type HeldOutCheck } from '../workflows/train/held-out-questions.ts';
import { maskedSentence } from '../workflows/train/mask-tokens.ts';
import { CHECKPOINT_FILE } from '../train/checkpoint.ts';
import { trainingFields, type TrainingSettings } from '../train/config.ts';
import { choiceOf, countOf, textOf, type Option, type Values } from './arguments.ts';
import { nodeHost } from './node-host.ts';
import { modelOptions, openCommandModel } from './open-model.ts';
import { readResponseFiles } from './read-responses.ts';
import { clearProgress, duration, runCommand, showProgress } from './run-command.ts';
import { folderCheckpoints, keptLines, readCheckpoint, replaceFile } from './run-folder.ts';
import { printNotices } from './print-notices.ts';
import { noticesOf } from '../data/response-set.ts';

const fields = { ...trainingFields, ...loraFields, ...checkFields };

/** What a run writes. */
const RESULTS = [
  CHECKPOINT_FILE,
  'metrics.jsonl',
  'answers.jsonl',
  'run.json',
  'adapter_config.json',
  'adapter_model.safetensors',
];

/** Command-line names of the settings. */
const settingOptions: Record<string, keyof typeof fields> = {
  rank: 'rank',
  alpha: 'alpha',
  dropout: 'dropout',
  rslora: 'rankStabilized',
  lr: 'learningRate',
  steps: 'steps',
  batch: 'batchSize',
  accumulation: 'accumulation',
  schedule: 'schedule',
  warmup: 'warmup',
  'weight-decay': 'weightDecay',
  clip: 'maxGradientNorm',
  'loss-on': 'lossOn',
  'mask-perplexity': 'maskPerplexity',
  beta1: 'beta1',
  beta2: 'beta2',
  epsilon: 'epsilon',
  'max-length': 'maxLength',
  'evaluate-every': 'evaluateEvery',
  'log-every': 'logEvery',
  'held-out': 'validationShare',
  'held-out-questions': 'heldOutQuestions',
  'longest-answer': 'longestAnswer',
  seed: 'seed',
  method: 'method',
  checkpointing: 'checkpointing',
};

const command = {
  name: 'train',
  summary:
    'Trains a LoRA adapter on a file of answers and writes it in PEFT format, with metrics.jsonl and run.json.',
  options: {
    ...modelOptions,
    responses: { value: 'FILE', help: 'the answers to learn from', required: true },
    rows: { value: 'N', help: 'only the first N rows' },
    validation: { value: 'FILE', help: 'held-out answers (a share of the questions)' },
    encoding: {
      value: 'separate|joint',
      help: 'how question and answer are cut into tokens',
      default: 'separate',
    },
    out: { value: 'DIR', help: 'where everything is written', required: true },
    resume: { help: 'go on from the checkpoint in the out folder' },
    targets: {
      value: 'all-linear|attention|NAME,NAME...',
      help: 'which linear layers get an adapter',
      default: 'all-linear',
    },
    ...Object.fromEntries(
      Object.entries(settingOptions).map(([option, setting]): [string, Option] => {
        const field: Field = fields[setting];
        const help = field.label.toLowerCase();
        if (field.kind === 'switch') return [option, { help }];
        const value = field.kind === 'choice' ? Object.keys(field.choices).join('|') : 'X';
        return [option, { value, help, default: String(field.default) }];
      }),
    ),
  },
};

await runCommand(command, async (values) => {
  const { lora, training, checks } = settingsOf(values);
  const encoding = choiceOf(values, 'encoding', ['separate', 'joint']);
  const set = (
    await readResponseFiles([textOf(values, 'responses')!], countOf(values, 'rows'))
  )[0]!;
  const validationPath = textOf(values, 'validation');
  const validation =
    validationPath === undefined ? undefined : (await readResponseFiles([validationPath]))[0];
  const { opened, engine, prompt } = await openCommandModel(values, training.method === 'full');
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
  printNotices([...noticesOf(set), ...(validation ? noticesOf(validation) : []), ...plan.notices]);
  const { job, adapter, masked } = await prepareRun(opened, request, plan);
  if (masked) process.stderr.write(`${maskedSentence(masked)}\n`);
  const all = opened.model.shape.parameters + (adapter?.parameterCount ?? 0);
  const number = (value: number) => value.toLocaleString('en-US');
  process.stderr.write(
    `trainable params: ${number(plan.trainableParameters)} || all params: ${number(all)} || trainable%: ${((100 * plan.trainableParameters) / all).toFixed(4)}\n` +
      `${plan.examples.length} answers, ${plan.validation.length} held out${plan.questions ? ` (${plan.questions.questions.length} questions asked before and after)` : ''}; about ${megabytes(plan.memory.total)} of memory\n`,
  );

  const out = textOf(values, 'out')!;
  await mkdir(out, { recursive: true });
  const resumed = values['resume'] === true ? await readCheckpoint(out) : undefined;
  // What an earlier run left must not be taken for this one's.
  if (!resumed) for (const name of RESULTS) await rm(join(out, name), { force: true });
  const metrics = join(out, 'metrics.jsonl');
  const files = {
    answers: await hashedFile(textOf(values, 'responses')!),
    held_out_answers: validationPath === undefined ? null : await hashedFile(validationPath),
  };
  const writeManifest = async (result?: CheckedResult) => {
    const manifest = await runManifest(opened, engine, request, plan, job.facts, result);
    const json = JSON.stringify({ ...manifest, node: process.version, files }, null, 2);
    await replaceFile(join(out, 'run.json'), `${json}\n`);
  };
  const answers = join(out, 'answers.jsonl');
  const run = { opened, prompt, job, questions: plan.questions };
  const result = await checkedRun(run, {
    host: nodeHost(),
    checkpoints: folderCheckpoints(out),
    resumeFrom: resumed,
    notice: (one) => {
      printNotices([one]);
      return Promise.resolve();
    },
    // By now a checkpoint of another run would have been refused, with nothing of it touched.
    begun: async () => {
      await replaceFile(metrics, await keptLines(metrics, resumed?.progress.step));
      await replaceFile(answers, await keptLines(answers, resumed?.progress.step));
      await writeManifest();
    },
    report: async (step) => {
      await appendFile(metrics, `${JSON.stringify(step)}\n`);
      printReport(step);
    },
    checked: async (check) => {
      // Before a resumed run the questions are asked once more; the answers are there.
      if (!resumed || check.step > 0) await appendFile(answers, `${JSON.stringify(check)}\n`);
      printCheck(check);
    },
  });
  clearProgress();
  const trained = adapter ? await adapterFiles(opened, adapter) : await modelFiles(opened);
  for (const { name, bytes } of trained) await replaceFile(join(out, name), bytes);
  await writeManifest(result);
  const { step, elapsedSeconds, validationAfter } = result.progress;
  const { before, after } = result;
  process.stdout.write(
    `${result.outcome} at step ${step} of ${training.steps} after ${duration(elapsedSeconds)}` +
      (before && after
        ? `; held-out questions right ${rightOf(before)} → ${rightOf(after)} of ${after.answers.length}`
        : '') +
      `${validationAfter === undefined ? '' : `; held-out loss ${validationAfter.toFixed(4)}`}\n`,
  );
  if (result.outcome === 'stopped') process.stderr.write('Go on with --resume.\n');
});

/** @throws UsageError listing every option that cannot be used */
function settingsOf(values: Values): {
  lora: LoraSettings;
  training: TrainingSettings;
  checks: CheckSettings;
} {
  const lora: Record<string, unknown> = defaultsOf(loraFields);
  const training: Record<string, unknown> = defaultsOf(trainingFields);
  const checks: Record<string, unknown> = defaultsOf(checkFields);
  const problems: string[] = [];
  for (const [option, setting] of Object.entries(settingOptions)) {
    const field: Field = fields[setting];
    const given = values[option];
    let value: unknown = given;
    if (field.kind === 'number') value = Number(given);
    if (field.kind === 'switch') value = given === true;
    problems.push(...problemsOf({ [`--${option}`]: field }, { [`--${option}`]: value }));
    (setting in loraFields ? lora : setting in checkFields ? checks : training)[setting] = value;
  }
  if (problems.length > 0) {
    throw new UsageError('These options cannot be used (see --help).', problems);
  }
  const targets = textOf(values, 'targets')!;
  const chosen =
    targets in loraFields.targets.choices ? { targets } : { targetModules: targets.split(',') };
  return {
    lora: { ...lora, ...chosen } as unknown as LoraSettings,
    training: training as unknown as TrainingSettings,
    checks: checks as unknown as CheckSettings,
  };
}

async function hashedFile(path: string): Promise<{ file: string; sha256: string }> {
  return { file: basename(path), sha256: await sha256Of(new Uint8Array(await readFile(path))) };
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
