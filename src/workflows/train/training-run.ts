/** From a set and settings to a training job: examples, held-out rows, adapter, and what it costs. */
import { getBackend } from '@tensorflow/tfjs-core';
import type { LanguageModel } from '../../../models/language-model.ts';
import type { Example } from '../../batches/example.ts';
import { targetCount } from '../../batches/example.ts';
import { bucketTime } from '../../batches/time-buckets.ts';
import { stepsPerEpoch } from '../../batches/training-order.ts';
import type { ResponseSet } from '../../data/response-set.ts';
import { splitByQuestion } from '../../data/split.ts';
import { engineBatchCost } from '../../engine/batch-cost.ts';
import { DataError } from '../../errors.ts';
import { checkFields, type CheckSettings } from '../../evaluate/config.ts';
import { problemsOf } from '../../fields.ts';
import { adapterSize, createAdapter, type LoraAdapter } from '../../lora/adapter.ts';
import { loraProblems, type LoraSettings } from '../../lora/config.ts';
import { givenAnswerNotices } from '../../experiment/sets/known-questions.ts';
import { createRandom } from '../../random.ts';
import { createPromptFormat, type PromptSettings } from '../../tokenizer/prompt-format.ts';
import type { EncodingMode } from '../../tokenizer/encode-pair.ts';
import { trainingFields, type TrainingSettings } from '../../train/config.ts';
import type { Parameter } from '../../train/optimizer.ts';
import type { RunFacts } from '../../train/run-facts.ts';
import type { TrainingJob } from '../../train/train.ts';
import { encodedSet, encodingNotices, padIdOf, type EncodedSet } from '../measure/encode-set.ts';
import { sha256Of } from '../../storage/sha256.ts';
import { heldOutQuestions, questionNotices, type HeldOutQuestions } from './held-out-questions.ts';
import { maskSurprising, type MaskedTokens } from './mask-tokens.ts';
import { estimateMemory, type MemoryEstimate } from './memory-estimate.ts';
import type { OpenModel } from '../open/open-model.ts';
import { notice, type Notice } from '../../notices.ts';

export interface RunRequest {
  set: ResponseSet;
  validation?: ResponseSet;
  prompt: PromptSettings;
  encoding: EncodingMode;
  lora: LoraSettings;
  training: TrainingSettings;
  /** Held-out questions to ask; none without it. */
  checks?: CheckSettings;
}

export interface RunPlan {
  examples: Example[];
  validation: Example[];
  skipped: { rowId: string; reason: string }[];
  maxLength: number;
  /** Most tokens of one micro-batch, padding included. */
  maxTokens: number;
  checkpointing: boolean;
  trainableParameters: number;
  trainedTokensPerEpoch: number;
  epochs: number;
  /** Asked before and after training; undefined: none is wanted, or no right answer is known. */
  questions: HeldOutQuestions | undefined;
  memory: MemoryEstimate;
  /** Empty when the run can start. */
  problems: string[];
  notices: Notice[];
}

/** Share of the engine's memory a run may take before activations are recomputed. */
const COMFORTABLE_SHARE = 0.7;

/** Says what a run would be; allocates nothing. */
export function planRun(
  { model, tokenizer }: OpenModel,
  request: RunRequest,
  memoryLimitBytes: number,
): RunPlan {
  const { lora, training, checks } = request;
  const problems = [
    ...problemsOf(trainingFields, training),
    ...loraProblems(lora),
    ...(checks ? problemsOf(checkFields, checks) : []),
  ];
  const notices: Notice[] = [];
  const maxLength = Math.min(training.maxLength, model.shape.contextLength);
  const format = createPromptFormat(tokenizer, request.prompt);
  const { lossOn } = training;
  const encode = (set: ResponseSet) =>
    encodedSet(set, tokenizer, request.prompt, { maxLength, encoding: request.encoding, lossOn });
  const { trainSet, heldOut } = divide(request);
  const trained = encode(trainSet);
  const held: EncodedSet | undefined = heldOut && encode(heldOut);
  const { examples } = trained;
  if (examples.length === 0) problems.push('No answer of this set can be trained on.');
  notices.push(
    ...givenAnswerNotices([request.set, ...(request.validation ? [request.validation] : [])]),
  );
  notices.push(...format.notices, ...encodingNotices(trainSet, trained, maxLength));
  if (heldOut && held) notices.push(...encodingNotices(heldOut, held, maxLength));
  const withoutEnd = examples.filter(({ endsWithEos }) => !endsWithEos);
  if (withoutEnd.length > 0) {
    const text = `${withoutEnd.length} answers are trained without an end token; the model may not learn to stop there.`;
    const places = withoutEnd.map(
      ({ rowIndex }) => `${trainSet.name}/${trained.facts[rowIndex]!.rowId}`,
    );
    notices.push(notice('doubtful', text, places));
  }
  const full = training.method === 'full';
  if (full && model.parameters.length === 0) {
    problems.push('The model must be opened for full fine-tuning first.');
  }
  const trainableParameters = full ? model.shape.parameters : adapterSize(model, lora);
  const longest = Math.max(1, ...examples.map(({ tokens }) => tokens.length));
  const time = bucketTime(Math.min(longest, maxLength), maxLength);
  const estimate = (rows: number, checkpointing: boolean) =>
    estimateMemory(model, trainableParameters, rows * time, checkpointing);

  // Recompute first, then cut the batch into smaller micro-batches; the gradient stays the same.
  const comfortable = COMFORTABLE_SHARE * memoryLimitBytes;
  const { checkpointing: wish } = training;
  let rows = training.batchSize;
  let checkpointing = wish === 'on';
  if (wish === 'auto' && estimate(rows, false).total > comfortable) checkpointing = true;
  while (rows > 1 && estimate(rows, checkpointing).total > comfortable) rows = Math.ceil(rows / 2);
  if (rows < training.batchSize) {
    const text = `Each batch is worked through in parts of ${rows} to fit the memory; the result is the same.`;
    notices.push(notice('info', text));
  }
  const memory = estimate(rows, checkpointing);
  if (memory.total > memoryLimitBytes) {
    problems.push(
      `This will not fit: about ${megabytes(memory.total)} are needed, ${megabytes(memoryLimitBytes)} are there. Choose a smaller model, shorter answers or a lower rank.`,
    );
  }
  const unwritten = new Set(held?.skipped.map(({ rowId }) => rowId));
  const askable = heldOut?.rows.filter(({ id }) => !unwritten.has(id));
  const questions = checks && askable && heldOutQuestions(askable, checks);
  if (heldOut && checks) notices.push(...questionNotices(questions, checks));
  const perStep = training.batchSize * training.accumulation;
  return {
    examples,
    validation: held?.examples ?? [],
    skipped: [...trained.skipped, ...(held?.skipped ?? [])],
    maxLength,
    maxTokens: rows * time,
    checkpointing,
    trainableParameters,
    trainedTokensPerEpoch: countTargets(examples),
    epochs: examples.length > 0 ? training.steps / stepsPerEpoch(examples.length, perStep) : 0,
    questions,
    memory,
    problems,
    notices,
  };
}

export interface PreparedRun {
  job: TrainingJob;
  adapter: LoraAdapter | undefined;
  /** Undefined when every token is trained. */
  masked: MaskedTokens | undefined;
  trainedTokensPerEpoch: number;
}

/**
 * Makes the adapter and the job; the caller disposes the adapter.
 * @throws DataError listing the plan's problems
 */
export async function prepareRun(
  opened: OpenModel,
  request: RunRequest,
  plan: RunPlan,
): Promise<PreparedRun> {
  if (plan.problems.length > 0) throw new DataError('The run cannot start.', plan.problems);
  const { lora, training } = request;
  const full = training.method === 'full';
  const { examples, masked } = await withWeights(opened, request, plan);
  const adapter = full
    ? undefined
    : createAdapter(opened.model, lora, createRandom(training.seed).fork('adapter'));
  const job: TrainingJob = {
    model: opened.model,
    ...(adapter && { adapter }),
    parameters: trainedParameters(opened.model, adapter),
    examples,
    validation: plan.validation,
    settings: { ...training, maxLength: plan.maxLength },
    dropout: full ? 0 : lora.dropout,
    checkpointing: plan.checkpointing,
    padId: padIdOf(opened.tokenizer),
    maxTokens: plan.maxTokens,
    cost: engineBatchCost(),
    facts: await runFacts(opened, request, plan),
  };
  return { job, adapter, masked, trainedTokensPerEpoch: countTargets(examples) };
}

async function withWeights(
  opened: OpenModel,
  { training, prompt }: RunRequest,
  { examples, maxLength, maxTokens }: RunPlan,
): Promise<{ examples: Example[]; masked: MaskedTokens | undefined }> {
  const { maskPerplexity } = training;
  if (maskPerplexity === 0) return { examples, masked: undefined };
  const found = await maskSurprising(opened, examples, maskPerplexity, {
    maxLength,
    maxTokens,
    endId: createPromptFormat(opened.tokenizer, prompt).endId,
  });
  if (found.examples.length > 0) return found;
  throw new DataError('The run cannot start.', [
    `No token of any answer has a perplexity of at most ${maskPerplexity} under the untrained model.`,
  ]);
}

const countTargets = (examples: readonly Example[]): number =>
  examples.reduce((sum, example) => sum + targetCount(example), 0);

/** Everything that decides the numbers of a run. Data and files stand as their hashes. */
async function runFacts(opened: OpenModel, request: RunRequest, plan: RunPlan): Promise<RunFacts> {
  const { prompt, encoding, lora, training } = request;
  const hashOf = (examples: readonly Example[]) =>
    sha256Of(
      JSON.stringify(
        examples.map(({ tokens, promptLength, weights }) => [
          promptLength,
          ...tokens,
          ...(weights ?? []),
        ]),
      ),
    );
  return {
    model_files: opened.filesHash,
    model_weights: opened.weightsHash,
    weight_format: opened.model.format,
    engine: getBackend(),
    ...prompt,
    encoding,
    ...(training.method === 'full' ? {} : { ...lora, targetModules: String(lora.targetModules) }),
    ...training,
    recomputes_activations: plan.checkpointing,
    tokens_per_micro_batch: plan.maxTokens,
    answers: await hashOf(plan.examples),
    held_out_answers: await hashOf(plan.validation),
  };
}

function trainedParameters(model: LanguageModel, adapter: LoraAdapter | undefined): Parameter[] {
  if (adapter) return adapter.variables.map((variable) => ({ ...variable, decays: true }));
  return [...model.parameters];
}

/** Held-out questions are chosen by a seed of their own, so that every set holds out the same. */
function divide({ set, validation, training }: RunRequest): {
  trainSet: ResponseSet;
  heldOut: ResponseSet | undefined;
} {
  if (validation) return { trainSet: set, heldOut: validation };
  const count = Math.round(training.validationShare * set.rows.length);
  if (count === 0) return { trainSet: set, heldOut: undefined };
  const random = createRandom(training.seed).fork('held-out');
  const parts = splitByQuestion([set], { validation: count, test: 0 }, random);
  return { trainSet: parts.train[0]!, heldOut: parts.validation[0]! };
}

export function megabytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
