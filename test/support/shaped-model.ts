/** Llama-family models of any size with weights of zeros: for counting, not for computing. */
import { loadModel } from '../../models/load.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import type { LoadOptions } from '../../models/load-weights.ts';
import type { Batch } from '../../src/batches/batch.ts';
import type { ModelContents } from '../../src/storage/model-files.ts';
import type { NamedTensor } from '../../src/storage/tensor-file.ts';

export interface LlamaShape {
  layers: number;
  width: number;
  inner: number;
  heads: number;
  kvHeads: number;
  vocabSize: number;
}

export const SMOLLM2_135M: LlamaShape = {
  layers: 30,
  width: 576,
  inner: 1536,
  heads: 9,
  kvHeads: 3,
  vocabSize: 49_152,
};

/** Matrices in F16, norms in F32. */
export function shapedModel(
  shape: LlamaShape,
  options: Partial<LoadOptions> = {},
): Promise<LanguageModel> {
  const { layers, width, inner, heads, kvHeads, vocabSize } = shape;
  const headDim = width / heads;
  const tensors = new Map<string, NamedTensor>();
  const put = (name: string, ...shape: number[]) => {
    const dtype = shape.length > 1 ? 'F16' : 'F32';
    const bytes = shape.reduce((a, b) => a * b, 1) * (dtype === 'F16' ? 2 : 4);
    const read = () => Promise.resolve(new Uint8Array(bytes));
    tensors.set(name, { name, shape, dtype, read });
  };
  put('model.embed_tokens.weight', vocabSize, width);
  put('model.norm.weight', width);
  for (let i = 0; i < layers; i++) {
    const block = `model.layers.${i}`;
    put(`${block}.input_layernorm.weight`, width);
    put(`${block}.post_attention_layernorm.weight`, width);
    put(`${block}.self_attn.q_proj.weight`, width, width);
    put(`${block}.self_attn.k_proj.weight`, kvHeads * headDim, width);
    put(`${block}.self_attn.v_proj.weight`, kvHeads * headDim, width);
    put(`${block}.self_attn.o_proj.weight`, width, width);
    put(`${block}.mlp.gate_proj.weight`, inner, width);
    put(`${block}.mlp.up_proj.weight`, inner, width);
    put(`${block}.mlp.down_proj.weight`, width, inner);
  }
  const config = {
    model_type: 'llama',
    hidden_size: width,
    intermediate_size: inner,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
    vocab_size: vocabSize,
    max_position_embeddings: 2048,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    tie_word_embeddings: true,
    hidden_act: 'silu',
  };
  const opened: ModelContents = {
    id: 'zeros',
    config,
    texts: new Map(),
    tensors: { tensors, unreadable: new Map(), notices: [], metadata: {} },
  };
  return loadModel(opened, {
    precision: 'as-stored',
    trainable: false,
    maxTensorBytes: 2 ** 30,
    ...options,
  });
}

/** One sequence of `time` tokens, every one but the first a target. */
export function wholeBatch(time: number, batch = 1): Batch {
  const targets = batch * (time - 1);
  return {
    tokens: new Int32Array(batch * time),
    batch,
    time,
    lengths: new Int32Array(batch).fill(time),
    examples: Int32Array.from({ length: batch }, (_, i) => i),
    rows: Int32Array.from(
      { length: targets },
      (_, i) => Math.floor(i / (time - 1)) * time + (i % (time - 1)),
    ),
    targets: new Int32Array(targets),
    exampleOf: new Int32Array(targets),
    positionOf: new Int32Array(targets),
  };
}
