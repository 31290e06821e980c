/**
 * One model of the fixtures against what transformers and PEFT computed: logits, NLL, the LoRA
 * loss and every adapter gradient, and ten AdamW losses. Returns errors; the tests judge them.
 */
import { tensor, tidy, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { loadModel } from '../../models/load.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import type { Precision } from '../../models/precision.ts';
import type { Batch } from '../../src/batches/batch.ts';
import {
  adapterFromValues,
  adapterValues,
  type LoraAdapter,
  type LoraValues,
} from '../../src/lora/adapter.ts';
import type { LoraSettings } from '../../src/lora/config.ts';
import { forwardContext } from '../../src/forward/forward-context.ts';
import { unflatten } from '../../src/ops/flat/flat.ts';
import { linear } from '../../src/ops/linear/linear.ts';
import { positionsOf } from '../../src/forward/token-losses.ts';
import { batchGradients, disposeGradients, readLossAndNorm } from '../../src/train/loss.ts';
import { createOptimizer, disposeOptimizer, updateParameters } from '../../src/train/optimizer.ts';
import { fixtureJson, openFixtureModel } from '../support/fixtures.ts';

export const variants = [
  'llama',
  'llama-untied',
  'llama3',
  'llama-v5',
  'mistral',
  'smollm2',
  'qwen2',
  'qwen3',
  'gpt2',
  'gpt_neox',
  'gpt_neox-sequential',
  'gpt_neo',
] as const;

export interface Reference {
  input_ids: number[][];
  lengths: number[];
  logits_shape: [number, number];
  logits: number[];
  nll: number[][];
  lora: {
    rank: number;
    alpha: number;
    resolved_modules: string[];
    targets: [number, number][];
    loss: number;
    shapes: Record<string, [number, number]>;
    gradients: Record<string, number[]>;
    optimizer: { learning_rate: number; weight_decay: number; max_grad_norm: number };
    ten_losses: number[];
    gradient_norms: number[];
  };
  full?: { loss: number; gradients: Record<string, number[]> };
}

export interface ParityErrors {
  /** Largest difference ÷ largest expected value. */
  logits: number;
  loss: number;
  gradients: number;
  /** Largest relative difference over the first losses of a run. */
  tenLosses: number;
  gradientNorms: number;
}

export async function openReference(variant: string) {
  const reference = await fixtureJson<Reference>(`models/${variant}/reference.json`);
  return { reference, opened: await openFixtureModel(variant) };
}

export async function parityErrors(
  variant: string,
  precision: Precision,
  steps = 10,
): Promise<ParityErrors> {
  const { reference, opened } = await openReference(variant);
  const model = await loadModel(opened, {
    precision,
    trainable: false,
    maxTensorBytes: Number.POSITIVE_INFINITY,
  });
  const adapter = referenceAdapter(model, reference);
  const logits = await logitsError(model, reference);
  const { loss, gradients } = await gradientError(model, adapter, reference);
  const { losses, norms } = await firstSteps(model, adapter, reference, steps);
  adapter.dispose();
  model.dispose();
  return {
    logits,
    loss,
    gradients,
    tenLosses: worstRelative(losses, reference.lora.ten_losses),
    gradientNorms: worstRelative(norms, reference.lora.gradient_norms),
  };
}

/** The fixture's tokens with its chosen targets, as one batch. */
export function referenceBatch({ input_ids, lengths, lora }: Reference): Batch {
  const time = input_ids[0]!.length;
  const { targets } = lora;
  return {
    tokens: Int32Array.from(input_ids.flat()),
    batch: input_ids.length,
    time,
    lengths: Int32Array.from(lengths),
    examples: Int32Array.from(input_ids.keys()),
    rows: Int32Array.from(targets, ([row, position]) => row * time + position - 1),
    targets: Int32Array.from(targets, ([row, position]) => input_ids[row]![position]!),
    exampleOf: Int32Array.from(targets, ([row]) => row),
    positionOf: Int32Array.from(targets, ([, position]) => position),
  };
}

export function referenceAdapter(model: LanguageModel, { lora }: Reference): LoraAdapter {
  const settings: LoraSettings = {
    rank: lora.rank,
    alpha: lora.alpha,
    dropout: 0,
    targets: 'all-linear',
    rankStabilized: false,
  };
  const values = new Map<string, LoraValues>();
  for (const path of lora.resolved_modules) {
    const [, columns] = lora.shapes[`base_model.model.${path}.lora_A.weight`]!;
    const [rows] = lora.shapes[`base_model.model.${path}.lora_B.weight`]!;
    values.set(path, {
      a: filled(lora.rank * columns, (i) => spread(i, 0.6180339887498949) / Math.sqrt(columns)),
      b: filled(rows * lora.rank, (i) => 0.1 * spread(i, 0.7548776662466927)),
    });
  }
  return adapterFromValues(model, settings, values);
}

const filled = (length: number, value: (i: number) => number) =>
  Float32Array.from({ length }, (_, i) => value(i));
const spread = (i: number, ratio: number) => 2 * (((i + 1) * ratio) % 1) - 1;

async function logitsError(model: LanguageModel, reference: Reference): Promise<number> {
  const { tokens, batch, time } = referenceBatch(reference);
  const logits = tidy(() => {
    const ids = tensor(tokens, [tokens.length], 'int32');
    const positions = tensor(positionsOf(batch, time), [tokens.length], 'int32');
    return linear(model.hidden(forwardContext(batch, time, ids, positions)), model.head);
  });
  const values = await logits.data();
  logits.dispose();
  const width = reference.logits_shape[1];
  const real = reference.lengths.flatMap((length, row) => [
    ...values.subarray(row * time * width, (row * time + length) * width),
  ]);
  return errorToLargest(real, reference.logits);
}

async function gradientError(model: LanguageModel, adapter: LoraAdapter, reference: Reference) {
  const { lora } = reference;
  const result = batchGradients(
    model,
    referenceBatch(reference),
    adapter.variables.map(({ variable }) => variable),
    lora.targets.length,
    { adapter },
  );
  const [loss] = await readLossAndNorm(result);
  // Gradients have the layout of the parameters, so an adapter made of them un-stacks them.
  const values = await gradientsByModule(adapter, result.gradient);
  disposeGradients(result);
  let worst = 0;
  for (const [path, { a, b }] of values) {
    const name = `base_model.model.${path}`;
    worst = Math.max(
      worst,
      errorToLargest([...a], lora.gradients[`${name}.lora_A.weight`]!),
      errorToLargest([...b], lora.gradients[`${name}.lora_B.weight`]!),
    );
  }
  return { loss: Math.abs(loss - lora.loss) / lora.loss, gradients: worst };
}

async function gradientsByModule(adapter: LoraAdapter, gradient: Tensor) {
  const shapes = adapter.variables.map(({ variable }) => variable.shape);
  const gradients = unflatten(gradient, shapes) as Variable[];
  let next = 0;
  const linears = new Map(
    [...adapter.linears].map(([name, linear]) => [
      name,
      { ...linear, a: gradients[next++]!, b: gradients[next++]! },
    ]),
  );
  const values = await adapterValues({ ...adapter, linears });
  for (const gradient of gradients) gradient.dispose();
  return values;
}

async function firstSteps(
  model: LanguageModel,
  adapter: LoraAdapter,
  { lora, ...rest }: Reference,
  steps: number,
) {
  const batch = referenceBatch({ lora, ...rest });
  const parameters = adapter.variables.map((variable) => ({ ...variable, decays: true }));
  const state = createOptimizer(parameters);
  const { learning_rate, weight_decay, max_grad_norm } = lora.optimizer;
  const losses: number[] = [];
  const norms: number[] = [];
  for (let step = 0; step < steps; step++) {
    const result = batchGradients(
      model,
      batch,
      parameters.map(({ variable }) => variable),
      lora.targets.length,
      { adapter },
    );
    const [loss, norm] = await readLossAndNorm(result);
    losses.push(loss);
    norms.push(norm);
    updateParameters(
      state,
      parameters,
      result.gradient,
      learning_rate,
      Math.min(1, max_grad_norm / (norm + 1e-6)),
      { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: weight_decay },
    );
    disposeGradients(result);
  }
  disposeOptimizer(state);
  return { losses, norms };
}

export function errorToLargest(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let largest = 1e-6;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]!));
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (!(difference <= worst)) worst = difference;
  }
  return worst / largest;
}

function worstRelative(actual: number[], expected: number[]): number {
  return Math.max(
    ...actual.map((value, i) => Math.abs(value - expected[i]!) / Math.abs(expected[i]!)),
  );
}
