/** Short measured trials, so that a button can say how long its work will take on this machine. */
import { createRandom } from '../src/random.ts';
import { createAdapter } from '../src/lora/adapter.ts';
import { measureSets } from '../src/workflows/measure/measure-sets.ts';
import type { OpenModel } from '../src/workflows/open/open-model.ts';
import { padIdOf } from '../src/workflows/measure/encode-set.ts';
import type { RunPlan, RunRequest } from '../src/workflows/train/training-run.ts';
import { orderStart } from '../src/batches/training-order.ts';
import { trainingStep } from '../src/batches/training-step.ts';
import { engineBatchCost } from '../src/engine/batch-cost.ts';
import { batchGradients, disposeGradients, readLossAndNorm } from '../src/train/loss.ts';
import type { PromptSettings } from '../src/tokenizer/prompt-format.ts';
import { targetCount } from '../src/batches/example.ts';
import { mean } from '../src/statistics/summary.ts';
import { ASKED_AT_ONCE, askHeldOut } from '../src/workflows/train/ask-held-out.ts';
import type { MeasureRequest } from './protocol.ts';

const TRIAL_ROWS = 8;
const TRIAL_TOKENS = 8;

const host = {
  now: () => performance.now(),
  stopRequested: () => false,
  breathe: () => Promise.resolve(),
  memoryBytes: () => 0,
};

/** Seconds for all sets, from the first rows of one, the second time: the first one compiles. */
export async function secondsToMeasure(
  opened: OpenModel,
  request: MeasureRequest,
): Promise<number> {
  const set = request.sets.find(({ rows }) => rows.length > 0);
  if (!set) return 0;
  const sample = { ...set, rows: set.rows.slice(0, TRIAL_ROWS) };
  const { prompt, familiarity } = request;
  const run = async () => {
    const began = performance.now();
    await measureSets(opened, { prompt, familiarity, sets: [sample] }, host, () =>
      Promise.resolve(),
    );
    return (performance.now() - began) / 1000;
  };
  await run();
  const characters = (rows: typeof set.rows) =>
    rows.reduce((sum, { question, response }) => sum + question.length + response.length, 0);
  const all = request.sets.reduce((sum, { rows }) => sum + characters(rows), 0);
  return ((await run()) * all) / Math.max(1, characters(sample.rows));
}

/** Seconds of asking the held-out questions twice, from a few tokens of one batch. */
export async function secondsToAsk(
  opened: OpenModel,
  prompt: PromptSettings,
  { questions, examples }: RunPlan,
): Promise<number> {
  if (!questions) return 0;
  const batch = questions.questions.slice(0, ASKED_AT_ONCE);
  const tokens = Math.min(TRIAL_TOKENS, questions.longestAnswer);
  const run = async () => {
    const began = performance.now();
    await askHeldOut({ opened, prompt }, host, { ...questions, longestAnswer: tokens }, batch);
    return (performance.now() - began) / 1000;
  };
  await run();
  const seconds = await run();
  // Answers are taken to be as long as the written ones.
  const written = mean(examples.map((example) => targetCount(example)));
  const length = Math.min(questions.longestAnswer, written) / tokens;
  const batches = Math.ceil(questions.questions.length / batch.length);
  return 2 * seconds * length * batches;
}

/** Seconds of one step, from its longest micro-batch, whose result is thrown away. */
export async function secondsPerStep(
  opened: OpenModel,
  { lora, training }: RunRequest,
  plan: RunPlan,
): Promise<number> {
  const full = training.method === 'full';
  const random = createRandom(training.seed);
  const adapter = full ? undefined : createAdapter(opened.model, lora, random);
  const variables = adapter
    ? adapter.variables.map(({ variable }) => variable)
    : opened.model.parameters.map(({ variable }) => variable);
  const step = trainingStep(plan.examples, random.fork('order'), orderStart, {
    microBatchSize: training.batchSize,
    accumulation: training.accumulation,
    maxTokens: plan.maxTokens,
    maxLength: plan.maxLength,
    padId: padIdOf(opened.tokenizer),
    cost: engineBatchCost(),
  });
  const longest = step.microBatches.at(-1)!;
  const run = async () => {
    const began = performance.now();
    const result = batchGradients(opened.model, longest, variables, 1, { adapter });
    await readLossAndNorm(result);
    disposeGradients(result);
    return (performance.now() - began) / 1000;
  };
  await run();
  const seconds = await run();
  adapter?.dispose();
  const tokens = step.microBatches.reduce((sum, { batch, time }) => sum + batch * time, 0);
  return (seconds * tokens) / (longest.batch * longest.time);
}
