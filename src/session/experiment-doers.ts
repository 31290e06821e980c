/** The work of an experiment on an opened model: measuring, training and answering with tensors. */
import { tensor, tidy, type Variable } from '@tensorflow/tfjs-core';
import { DataError, StoppedError } from '../errors.ts';
import type { ResponseSet } from '../data/response-set.ts';
import type {
  ArmRequest,
  Doers,
  Ending,
  OpenedModel,
  Progress,
  Speaker,
  TrainedModel,
} from '../experiment/doers.ts';
import type { AnswerDivergence, ScoredAnswer } from '../experiment/results.ts';
import type { ModelSpec } from '../experiment/schema.ts';
import { familiarityFields, type RowFamiliarity } from '../familiarity/config.ts';
import { measureDivergence } from '../familiarity/divergence.ts';
import { defaultsOf } from '../fields.ts';
import type { LoraAdapter } from '../lora/adapter.ts';
import type { StepReport } from '../metrics/step-report.ts';
import { encodePrompt } from '../tokenizer/encode-pair.ts';
import { createPromptFormat, type PromptSettings } from '../tokenizer/prompt-format.ts';
import { train, type TrainingHost } from '../train/train.ts';
import { answerQuestions } from './answer-questions.ts';
import { encodeSet, padIdOf } from './encode-set.ts';
import { sha256Of } from './fingerprint.ts';
import { measureSets } from './measure-sets.ts';
import type { OpenLab } from './open-model.ts';
import { planRun, prepareRun } from './training-run.ts';

export interface DoersHost extends Omit<TrainingHost, 'saveCheckpoint' | 'checkpointSeconds'> {
  memoryLimitBytes: number;
  prompt: PromptSettings;
  openLab(spec: ModelSpec): Promise<OpenLab>;
}

export function experimentDoers(host: DoersHost): Doers {
  return {
    openModel: async (spec) => openedModel(spec, await host.openLab(spec), host),
    hash: sha256Of,
    now: () => host.now(),
  };
}

/** Nats above which one surprising token counts no more, in the clipped average. */
const CLIP_NATS = 3;

function openedModel(spec: ModelSpec, lab: OpenLab, host: DoersHost): OpenedModel {
  const { model, tokenizer } = lab;
  const format = createPromptFormat(tokenizer, host.prompt);
  const { parameters } = model.shape;
  return {
    facts: { id: spec.id, filesHash: lab.filesHash, parameters, format: model.format },
    promptLength: (question) => encodePrompt(tokenizer, format.prompt(question)).length,
    ...speaker(lab, host, undefined),
    train: (request, report) => trainArm(lab, host, request, report),
    close: () => model.dispose(),
  };
}

function speaker(lab: OpenLab, host: DoersHost, adapter: LoraAdapter | undefined): Speaker {
  return {
    answer: (settings) => (questions) => answerQuestions(lab, host, adapter, settings, questions),
    measure: (set, report) => measure(lab, host, adapter, set, report),
    measureEndings: (endings, report) => measureEndings(lab, host, adapter, endings, report),
  };
}

async function measure(
  lab: OpenLab,
  host: DoersHost,
  adapter: LoraAdapter | undefined,
  set: ResponseSet,
  report: Progress,
): Promise<ScoredAnswer[]> {
  const responses = new Map(set.rows.map(({ id, response }) => [id, response]));
  const rows = await measuredRows(lab, host, adapter, set, report);
  return rows.map((row) => scored(lab, row, responses.get(row.rowId)!));
}

async function measuredRows(
  lab: OpenLab,
  host: DoersHost,
  adapter: LoraAdapter | undefined,
  set: ResponseSet,
  report: Progress,
): Promise<RowFamiliarity[]> {
  const request = {
    sets: [set],
    prompt: promptFor(set, host),
    familiarity: defaultsOf(familiarityFields),
    adapter,
  };
  const [measured] = await measureSets(lab, request, host, ({ rowsDone, rowsTotal }) =>
    report(rowsDone, rowsTotal),
  );
  return measured!.rows;
}

/** Text on its own is read without a chat around it. */
function promptFor({ rows }: ResponseSet, { prompt }: DoersHost): PromptSettings {
  const bare = rows.every(({ question }) => question === '');
  return bare ? { useChatTemplate: false, plainTemplate: '{question}' } : prompt;
}

/** @throws StoppedError when asked to stop between two batches */
async function divergence(
  { model, tokenizer }: OpenLab,
  host: DoersHost,
  adapter: LoraAdapter,
  set: ResponseSet,
  report: Progress,
): Promise<AnswerDivergence[]> {
  const { maxLength: longest, batchTokens: maxTokens, encoding } = defaultsOf(familiarityFields);
  const maxLength = Math.min(longest, model.shape.contextLength);
  const format = createPromptFormat(tokenizer, promptFor(set, host));
  const { examples } = encodeSet(set, { tokenizer, format, encoding, maxLength });
  const own = { padId: padIdOf(tokenizer), maxLength, maxTokens, base: {}, tuned: { adapter } };
  const found: (AnswerDivergence & { rowIndex: number })[] = [];
  for await (const rows of measureDivergence(model, examples, own)) {
    for (const row of rows) found.push({ ...row, rowId: set.rows[row.rowIndex]!.id });
    await report(found.length, examples.length);
    await host.breathe();
    if (host.stopRequested()) throw new StoppedError('Measuring was stopped.');
  }
  return found
    .sort((a, b) => a.rowIndex - b.rowIndex)
    .map(({ rowId, tokens, klSum }) => ({ rowId, tokens, klSum }));
}

async function measureEndings(
  lab: OpenLab,
  host: DoersHost,
  adapter: LoraAdapter | undefined,
  endings: readonly Ending[],
  report: Progress,
): Promise<(number | null)[]> {
  const set = {
    id: 'endings',
    name: 'endings',
    rows: endings.map(({ question, beginning, ending }, i) => ({
      id: String(i),
      question,
      response: beginning + ending,
    })),
  };
  const rows = await measuredRows(lab, host, adapter, set, report);
  const nll = new Array<number | null>(endings.length).fill(null);
  for (const { rowId, responseTokens, tokenNll, truncated } of rows) {
    const { beginning, ending } = endings[Number(rowId)]!;
    const encode = (text: string) => lab.tokenizer.encode(text, { addSpecialTokens: false });
    const [before, whole] = [encode(beginning), encode(beginning + ending)];
    // A token that reaches over the boundary counts as ending.
    let first = 0;
    while (first < before.length && before[first] === whole[first]) first++;
    if (truncated || first >= responseTokens) continue;
    const own = tokenNll.subarray(first, responseTokens);
    nll[Number(rowId)] = own.reduce((sum, value) => sum + value, 0) / own.length;
  }
  return nll;
}

function scored({ tokenizer }: OpenLab, row: RowFamiliarity, response: string): ScoredAnswer {
  const { rowId, responseTokens, responseBytes, nllSum, likeliest, tokenNll } = row;
  let clippedNllSum = 0;
  for (let t = 0; t < responseTokens; t++) clippedNllSum += Math.min(CLIP_NATS, tokenNll[t]!);
  const ids = tokenizer.encode(response, { addSpecialTokens: false });
  return {
    rowId,
    tokens: responseTokens,
    distinctTokens: new Set(ids.slice(0, responseTokens)).size,
    bytes: responseBytes,
    nllSum,
    clippedNllSum,
    likeliest,
  };
}

/** @throws DataError when the arm cannot be trained, StoppedError when asked to stop */
async function trainArm(
  lab: OpenLab,
  host: DoersHost,
  { set, validation, training, lora, keeps }: ArmRequest,
  report: (step: StepReport) => Promise<void>,
): Promise<TrainedModel> {
  const request = {
    set,
    ...(validation && { validation }),
    prompt: host.prompt,
    encoding: 'separate' as const,
    lora,
    // All questions of the set are trained on; what is held out stands in a set of its own.
    training: { ...training, validationShare: 0 },
  };
  const plan = planRun(lab, request, host.memoryLimitBytes);
  if (plan.skipped.length > 0) {
    const reasons = plan.skipped.map(({ rowId, reason }) => `${rowId}: ${reason}.`);
    throw new DataError(`Some answers of "${set.id}" cannot be trained on.`, reasons);
  }
  const { job, adapter, masked, trainedTokensPerEpoch } = await prepareRun(lab, request, plan);
  if (!adapter) throw new DataError('Experiments train LoRA adapters only.');
  const trainingHost: TrainingHost = {
    now: () => host.now(),
    memoryBytes: () => host.memoryBytes(),
    stopRequested: () => host.stopRequested(),
    breathe: () => host.breathe(),
    // An arm takes seconds to minutes; a killed one starts anew from its seed.
    saveCheckpoint: () => Promise.resolve(),
    checkpointSeconds: Infinity,
  };
  try {
    const run = train(job, trainingHost);
    const weights = job.parameters.map(({ variable }) => variable);
    let kept: Float32Array[] | undefined;
    for (;;) {
      const next = await run.next();
      if (next.done) {
        if (next.value.outcome === 'stopped') throw new StoppedError('Stopped while training.');
        break;
      }
      await report(next.value);
      const { step, totalSteps } = next.value;
      const evaluated = step === totalSteps || step % training.evaluateEvery === 0;
      if (
        keeps &&
        step > 0 &&
        evaluated &&
        (await keeps(speaker(lab, host, adapter), next.value))
      ) {
        kept = await Promise.all(weights.map((own) => own.data<'float32'>()));
      }
    }
    kept?.forEach((values, i) => putBack(weights[i]!, values));
  } catch (error) {
    adapter.dispose();
    throw error;
  }
  return {
    ...speaker(lab, host, adapter),
    divergence: (own, progress) => divergence(lab, host, adapter, own, progress),
    trainedTokens: Math.round(trainedTokensPerEpoch * plan.epochs),
    ...(masked && { masked: { tokens: masked.tokens, of: masked.of } }),
    dispose: () => adapter.dispose(),
  };
}

/** The weights of a step that was the best. */
function putBack(variable: Variable, values: Float32Array): void {
  tidy(() => variable.assign(tensor(values, variable.shape)));
}
