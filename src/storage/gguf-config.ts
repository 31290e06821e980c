/**
 * `config.json` of a GGUF file of the Llama family, made from its `llama.*` keys and from which
 * tensors are there. What we could not compute faithfully is refused by name.
 */
import { UnsupportedModelError } from '../errors.ts';
import type { GgufLayout } from './gguf-layout.ts';
import { refusedKeys } from './gguf-keys.ts';
import { shortestFloat, type MetadataReader } from './gguf-metadata.ts';
import { findLlama3Scaling } from './gguf-rope.ts';
import { throwProblems } from './problems.ts';

export interface LlamaConfigJson {
  readonly [key: string]: unknown;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly head_dim: number;
  readonly tie_word_embeddings: boolean;
}

/** The tensor that holds the divisors of a scaled rope, where there is one. */
export const ROPE_DIVISORS = 'rope_freqs.weight';

/**
 * The config; `ropeDivisors` are the numbers of that tensor. Throws an UnsupportedModelError for
 * other families, a ModelFileError for missing keys.
 */
export function ggufConfig(
  { tensors }: GgufLayout,
  read: MetadataReader,
  fileName: string,
  ropeDivisors: Float32Array | undefined,
): LlamaConfigJson {
  const architecture = read.raw('general.architecture');
  if (architecture !== 'llama') {
    throw new UnsupportedModelError(
      `${fileName}: GGUF files of the family "${String(architecture)}" cannot be read, only "llama". Bring the original folder with config.json and model.safetensors.`,
    );
  }
  const names = new Set(tensors.map(({ name }) => name));
  const hidden = read.number('llama.embedding_length');
  const heads = read.number('llama.attention.head_count');
  const headDim = read.number('llama.attention.key_length', heads > 0 ? hidden / heads : 0);
  const context = read.number('llama.context_length');
  const theta = read.float('llama.rope.freq_base', 10000);
  const stated = ropeScaling(read);
  const scaling =
    ropeDivisors === undefined ? stated : findLlama3Scaling(ropeDivisors, theta, headDim);
  const embedding = tensors.find(({ name }) => name === 'token_embd.weight');
  const config: LlamaConfigJson = {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    _name_or_path: read.maybeText('general.name') ?? fileName,
    vocab_size: embedding?.shape[0] ?? read.number('llama.vocab_size'),
    hidden_size: hidden,
    intermediate_size: read.number('llama.feed_forward_length'),
    num_hidden_layers: read.number('llama.block_count'),
    num_attention_heads: heads,
    num_key_value_heads: read.number('llama.attention.head_count_kv', heads),
    head_dim: headDim,
    hidden_act: 'silu',
    max_position_embeddings: context,
    rms_norm_eps: read.float('llama.attention.layer_norm_rms_epsilon'),
    rope_theta: theta,
    rope_scaling: scaling ?? null,
    attention_bias: names.has('blk.0.attn_q.bias'),
    mlp_bias: names.has('blk.0.ffn_gate.bias'),
    attention_dropout: 0,
    tie_word_embeddings: !names.has('output.weight'),
    torch_dtype: 'float16',
    ...specialIds(read),
  };
  const refused = [
    ...(ropeDivisors && stated ? [`${ROPE_DIVISORS} beside llama.rope.scaling`] : []),
    ...refusedKeys(read),
    ...whatWeCannotCompute(read, scaling, headDim, context),
  ];
  throwProblems(`${fileName}: the GGUF metadata does not describe a Llama model.`, read.problems);
  if (refused.length > 0) {
    throw new UnsupportedModelError(
      `${fileName}: this Llama file uses what cannot be read from GGUF.`,
      refused,
    );
  }
  return config;
}

/**
 * `llama.rope.scaling.*` as llama.cpp reads them: a factor without a type is linear, and an older key
 * holds the linear factor.
 */
function ropeScaling(read: MetadataReader): Record<string, unknown> | null {
  const older = read.maybeNumber('llama.rope.scale_linear');
  const factor = read.maybeNumber('llama.rope.scaling.factor') ?? older ?? 0;
  const kind = read.maybeText('llama.rope.scaling.type') ?? 'linear';
  const original = read.maybeNumber('llama.rope.scaling.original_context_length');
  const betas = ['fast', 'slow'].map((end) =>
    read.maybeNumber(`llama.rope.scaling.yarn_beta_${end}`),
  );
  if (kind === 'none' || factor === 0) return null;
  const scaling = { rope_type: kind, factor: shortestFloat(factor) };
  if (kind !== 'yarn') return factor === 1 ? null : scaling;
  return {
    ...scaling,
    ...(original !== undefined && { original_max_position_embeddings: original }),
    ...(betas[0] !== undefined && { beta_fast: shortestFloat(betas[0]) }),
    ...(betas[1] !== undefined && { beta_slow: shortestFloat(betas[1]) }),
  };
}

function specialIds(read: MetadataReader): Record<string, number> {
  const ids: Record<string, number> = {};
  const keys = { bos_token_id: 'bos', eos_token_id: 'eos', pad_token_id: 'padding' };
  for (const [name, key] of Object.entries(keys)) {
    const id = read.maybeNumber(`tokenizer.ggml.${key}_token_id`);
    if (id !== undefined) ids[name] = id;
  }
  return ids;
}

function whatWeCannotCompute(
  read: MetadataReader,
  scaling: object | null | undefined,
  headDim: number,
  context: number,
): string[] {
  const refused: string[] = [];
  const kind = read.maybeText('general.type') ?? 'model';
  if (kind !== 'model') refused.push(`a file of type "${kind}", where a model is expected`);
  if ((read.maybeNumber('split.count') ?? 1) > 1) refused.push('a model split over several files');
  if (read.maybeBoolean('llama.attention.causal') === false) {
    refused.push('attention to later tokens (llama.attention.causal is false)');
  }
  const valueDim = read.number('llama.attention.value_length', headDim);
  if (valueDim !== headDim) refused.push(`values of ${valueDim} beside keys of ${headDim}`);
  if (scaling === undefined) refused.push(`rope divisors (${ROPE_DIVISORS}) of an unknown rule`);
  const rope = read.maybeText('llama.rope.scaling.type') ?? 'none';
  if (rope !== 'none' && rope !== 'linear' && rope !== 'yarn')
    refused.push(`rope scaling of type "${rope}"`);
  const rotated = read.number('llama.rope.dimension_count', headDim);
  if (rotated !== headDim) refused.push(`rope over ${rotated} of ${headDim} dimensions`);
  const window = read.maybeNumber('llama.attention.sliding_window') ?? context;
  if (window > 0 && window < context) refused.push(`attention windows of ${window} tokens`);
  return refused;
}
