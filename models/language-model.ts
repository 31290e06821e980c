/**
 * What every model family offers the rest of the house: final hidden states, an output head and
 * its linear layers by name. It must not know adapters, losses, caches or optimizers; those come
 * in through the forward context.
 */
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { AttentionShape } from '../src/ops/attention/attention.ts';
import type { Recomputable } from '../src/ops/linear/recomputable.ts';
import type { Weight } from '../src/ops/weight.ts';
import type { Notice } from '../src/notices.ts';

export interface ModelShape {
  /** model_type of config.json. */
  modelType: string;
  layers: number;
  /** C */
  width: number;
  vocabSize: number;
  /** Longest sequence the positions allow, tokens. */
  contextLength: number;
  kvHeads: number;
  headDim: number;
  parameters: number;
}

/** One linear layer of the checkpoint inside a stack of layers that share their input. */
export interface Projection {
  /** Module path inside the Hugging Face *ForCausalLM class, as PEFT names it. */
  path: string;
  /** Rows [start, end) of the stack. */
  start: number;
  end: number;
  /** When the stack reorders rows: stack row start + i is the file's row order[i]. */
  order?: Int32Array;
}

/** Linear layers that read the same input, stacked by output rows into one matrix. */
export interface StackedLinear {
  /** Unique within the model. */
  name: string;
  weight: Weight;
  bias?: Tensor;
  projections: readonly Projection[];
}

/** One batch on its way through the model, with what the caller wants done differently. */
export interface ForwardContext {
  /** B */
  batch: number;
  /** T */
  time: number;
  /** int32 [B·T] */
  ids: Tensor;
  /** int32 [B·T]: position of each token in its sequence. */
  positions: Tensor;
  /** x [B·T, in] → [B·T, out]: the layer, its adapter if any, plus the residual. */
  linear(layer: StackedLinear, x: Tensor | Recomputable, residual?: Tensor): Tensor;
  /** qkv [B·T, (H + 2·Hkv)·D] → [B·T, H·D]. */
  attend(layer: number, qkv: Tensor, shape: AttentionShape): Tensor;
  /** Real tokens of each sequence, [B], with what a cache holds already; all are `time` long when absent. */
  lengths?: readonly number[] | undefined;
  /** What an adapter brings in place of parts of the model. */
  replacements?: Replacements | undefined;
  /** Runs one block on x [B·T, C]; the place for tidying and for recomputing activations. */
  block(layer: number, x: Tensor, run: (x: Tensor) => Tensor): Tensor;
}

/** A trainable tensor of a model opened for full fine-tuning. */
export interface ModelParameter {
  name: string;
  variable: Variable;
  /** Weight decay is for matrices only. */
  decays: boolean;
}

/** A tensor of the checkpoint that is no linear layer: an adapter may bring its own in its place. */
export interface ReplaceablePart {
  /** Name of the vector or matrix in the family's plan. */
  part: string;
  /** [length] or [rows, columns]. */
  shape: readonly number[];
}

/** Vectors and matrices that stand in for the model's, by the part's name. */
export interface Replacements {
  vectors: ReadonlyMap<string, Tensor>;
  matrices: ReadonlyMap<string, Weight>;
}

export interface LanguageModel {
  readonly id: string;
  readonly shape: ModelShape;
  readonly linears: readonly StackedLinear[];
  /** [V, C] */
  readonly head: Weight;
  /** Norms, embeddings and the head, by the names of their tensors in the checkpoint. */
  readonly replaceable: ReadonlyMap<string, ReplaceablePart>;
  /** Leaf names that PEFT adapts by default for this family. */
  readonly defaultTargets: readonly string[];
  /** Whether the checkpoint stores linear weights as [in, out] (GPT-2's Conv1D). */
  readonly fanInFanOut: boolean;
  readonly weightBytes: number;
  /** f32, f16, bf16, int8 or mixed. */
  readonly format: string;
  /** Things worth knowing that are no errors. */
  readonly notices: readonly Notice[];
  /** Empty unless opened for full fine-tuning. */
  readonly parameters: readonly ModelParameter[];
  /** The base weight of a projection, [out, in] in the order of the file. */
  projectionValues(path: string): Promise<Float32Array>;
  /** → final hidden states after the last norm, [B·T, C]. */
  hidden(context: ForwardContext): Tensor;
  /** The weights by Hugging Face name, float32, row-major; for saving a fine-tuned model. */
  state(): Promise<Map<string, { shape: number[]; values: Float32Array }>>;
  dispose(): void;
}
