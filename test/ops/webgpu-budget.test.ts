/**
 * What one LoRA step of SmolLM2-135M costs on WebGPU, whole: counted on a device that computes
 * nothing, so that the size does not matter. That a real device counts the same is checked, on
 * small models, in webgpu-counts.gpu.test.ts.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { startWebGpuEngine } from '../../src/engine/webgpu/engine.ts';
import { defaultsOf } from '../../src/fields.ts';
import { samplingFields } from '../../src/generate/config.ts';
import { generate } from '../../src/generate/generate.ts';
import { createAdapter } from '../../src/lora/adapter.ts';
import { registerOps } from '../../src/ops/register.ts';
import { createRandom } from '../../src/random.ts';
import { estimateMemory } from '../../src/workflows/train/memory-estimate.ts';
import { batchGradients, disposeGradients, readLossAndNorm } from '../../src/train/loss.ts';
import { createOptimizer, disposeOptimizer, updateParameters } from '../../src/train/optimizer.ts';
import { installFakeGpu } from '../support/fake-gpu.ts';
import { countGpu } from '../support/gpu-counts.ts';
import { shapedModel, SMOLLM2_135M, wholeBatch, type LlamaShape } from '../support/shaped-model.ts';

const MIB = 2 ** 20;

beforeAll(() => {
  installFakeGpu();
  registerOps('webgpu');
});

interface StepCosts {
  dispatches: number;
  submits: number;
  readbacks: number;
  /** Pipelines of a later step: anything but 0 would be compiled again and again. */
  pipelinesLater: number;
  /** Most bytes allocated in three steps, the weights' left out. */
  peakBytes: number;
  weightBytes: number;
  /** What `estimateMemory` says beside the weights. */
  estimatedBytes: number;
}

async function stepCosts(
  shape: LlamaShape,
  time: number,
  { batch = 1, checkpointing = false } = {},
): Promise<StepCosts> {
  // A device of its own, so that no memory of another case is used again.
  await startWebGpuEngine({ allowSoftware: true });
  const costs = await countGpu(async () => {
    const model = await shapedModel(shape);
    const settings = {
      rank: 8,
      alpha: 16,
      dropout: 0,
      targets: 'all-linear',
      rankStabilized: false,
    } as const;
    const adapter = createAdapter(model, settings, createRandom(1));
    const parameters = adapter.variables.map((variable) => ({ ...variable, decays: true }));
    const variables = parameters.map(({ variable }) => variable);
    const state = createOptimizer(parameters);
    const step = async () => {
      const result = batchGradients(model, wholeBatch(time, batch), variables, time, {
        adapter,
        ...(checkpointing && { checkpointing: { variables } }),
      });
      await readLossAndNorm(result);
      const adamw = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };
      updateParameters(state, parameters, result.gradient, 1e-3, 1, adamw);
      disposeGradients(result);
    };
    await step();
    await step();
    const later = await countGpu(step);
    const { weightBytes } = model;
    const tokens = batch * time;
    const estimate = estimateMemory(model, adapter.parameterCount, tokens, checkpointing);
    disposeOptimizer(state);
    adapter.dispose();
    model.dispose();
    return { ...later, weightBytes, estimatedBytes: estimate.total - estimate.weights };
  });
  const { pipelines, weightBytes } = costs.result;
  const peakBytes = costs.peakBytes - weightBytes;
  return { ...costs.result, pipelinesLater: pipelines, peakBytes };
}

/** A Llama block with heads wider than 32: 13 forward, 23 backward. */
const BLOCK = 13 + 23;
/**
 * Embedding, last norm and its gradient, the head's rows put back, the loss and its gradient (5),
 * the sum of squares (2), AdamW; less the product for the first block's input, which is not trained.
 */
const FIXED = 4 + 5 + 2 + 1 - 1;
/** For each chunk of logits. */
const CHUNK = 3;

/** An estimate may be too careful by a third, but hardly too bold. */
function expectNear(estimated: number, measured: number): void {
  expect(estimated).toBeGreaterThan(0.9 * measured);
  expect(estimated).toBeLessThan(1.35 * measured);
}

describe('one LoRA step of SmolLM2-135M, 256 tokens', () => {
  let costs: StepCosts;
  beforeAll(async () => {
    costs = await stepCosts(SMOLLM2_135M, 256);
  }, 60_000);

  it('takes 1,100 dispatches, 3 submissions, 1 read', () => {
    expect(costs.dispatches).toBe(30 * BLOCK + 3 * CHUNK + FIXED);
    expect(costs.dispatches).toBe(1100);
    expect(costs.submits).toBe(3);
    expect(costs.readbacks).toBe(1);
    expect(costs.pipelinesLater).toBe(0);
  });

  it('holds at most 275 MB above 269 MB of weights', () => {
    expect(costs.weightBytes).toBeLessThan(275e6);
    expect(costs.peakBytes).toBeLessThan(275e6);
  });

  it('holds about what the estimate says before', () => {
    expectNear(costs.estimatedBytes, costs.peakBytes);
  });

  it('holds no more with twice the vocabulary, but for the weights', async () => {
    const vocabSize = 2 * SMOLLM2_135M.vocabSize;
    const wide = await stepCosts({ ...SMOLLM2_135M, vocabSize }, 256);
    expect(wide.peakBytes - costs.peakBytes).toBeLessThan(4 * MIB);
    expect(wide.dispatches).toBe(30 * BLOCK + 7 * CHUNK + FIXED);
  });

  it('holds far less and dispatches the blocks once more when they are recomputed', async () => {
    const less = await stepCosts(SMOLLM2_135M, 256, { checkpointing: true });
    expect(less.dispatches).toBe(costs.dispatches + 30 * 13 + 1);
    // The 1: a block that is recomputed does not know that nobody needs the gradient of its input.
    expect(less.peakBytes).toBeLessThan(0.5 * costs.peakBytes);
    expectNear(less.estimatedBytes, less.peakBytes);
  });
});

it('costs one block more for a block more, and logits in chunks of a byte budget', async () => {
  const small = { ...SMOLLM2_135M, width: 96, inner: 256, heads: 3, kvHeads: 1 };
  const [two, three] = [
    await stepCosts({ ...small, layers: 2, vocabSize: 500 }, 64),
    await stepCosts({ ...small, layers: 3, vocabSize: 500 }, 64),
  ];
  // Heads of 32: dk and dv in one dispatch.
  expect(three.dispatches - two.dispatches).toBe(BLOCK - 1);
  const long = { ...small, layers: 2, vocabSize: 49_152 };
  const [short, longer] = [await stepCosts(long, 256), await stepCosts(long, 512)];
  expect(longer.dispatches - short.dispatches).toBe(CHUNK * (7 - 3));
  // Whole logits would be 50 MB more.
  expect(longer.peakBytes - short.peakBytes).toBeLessThan(12 * MIB);
});

it('answers with 10 dispatches a block and token, and reads one number a sequence', async () => {
  await startWebGpuEngine({ allowSoftware: true });
  const model = await shapedModel({ ...SMOLLM2_135M, layers: 3, vocabSize: 500 });
  const run = (maxNewTokens: number) =>
    countGpu(() =>
      generate({
        model,
        prompts: [[1, 2, 3], [4]],
        sampling: { ...defaultsOf(samplingFields), maxNewTokens },
        endIds: [],
        stopRequested: () => false,
      }),
    );
  await run(2);
  const [two, three] = [await run(2), await run(3)];
  // No adapter: norm, qkv, rope, attention (2), output, norm, gate|up, SwiGLU, down; and embedding,
  // the last norm, one row a sequence, logits, likeliest.
  expect(three.dispatches - two.dispatches).toBe(3 * 10 + 5);
  expect(three.readbacks - two.readbacks).toBe(1);
  expect(three.submits - two.submits).toBe(1);
  model.dispose();
});
