/** GGUF metadata of the Llama family: keys that change nothing here, with the reason, and those refused. */
import type { Harmless } from '../key-account.ts';
import { isOff } from '../key-account.ts';
import type { MetadataReader } from './gguf-metadata.ts';

const description = 'describes the file';
const otherTasks = 'marks places for tasks other than continuing a text';

export const HARMLESS_GGUF_KEYS: Harmless = {
  'general.*': description,
  'quantize.*': description,
  'imatrix.*': description,
  'split.no': 'a whole file is its only part',
  'split.tensors.count': 'a whole file is its only part',
  'llama.vocab_size': 'the embedding has the rows',
  'llama.embedding_length_out': 'as embedding_length',
  'llama.attention.layer_norm_epsilon': 'Llama’s norms have the other epsilon',
  'llama.rope.scaling.finetuned': description,
  'llama.pooling_type': 'for embeddings of texts',
  'llama.expert_used_count': 'only with experts, which are refused',
  'tokenizer.ggml.scores': 'byte-pair encoding merges by rank',
  'tokenizer.ggml.token_type_count': 'for models with segments',
  'tokenizer.huggingface.json': 'the same tokenizer once more',
  'tokenizer.ggml.seperator_token_id': otherTasks,
  'tokenizer.ggml.separator_token_id': otherTasks,
  'tokenizer.ggml.mask_token_id': otherTasks,
  'tokenizer.ggml.cls_token_id': otherTasks,
  'tokenizer.ggml.prefix_token_id': otherTasks,
  'tokenizer.ggml.suffix_token_id': otherTasks,
  'tokenizer.ggml.middle_token_id': otherTasks,
  'tokenizer.ggml.fim_pre_token_id': otherTasks,
  'tokenizer.ggml.fim_suf_token_id': otherTasks,
  'tokenizer.ggml.fim_mid_token_id': otherTasks,
  'tokenizer.ggml.fim_pad_token_id': otherTasks,
  'tokenizer.ggml.fim_rep_token_id': otherTasks,
  'tokenizer.ggml.fim_sep_token_id': otherTasks,
  'tokenizer.chat_templates': 'lists the names of the templates',
};

/** Refused unless off or at the value that does nothing. */
const REFUSED: readonly (readonly [key: string, what: string, neutral?: number | boolean])[] = [
  ['llama.expert_count', 'a mixture of experts'],
  ['llama.use_parallel_residual', 'a parallel residual'],
  ['llama.tensor_data_layout', 'tensors in another layout'],
  ['llama.logit_scale', 'scaled logits', 1],
  ['llama.residual_scale', 'a scaled residual', 1],
  ['llama.embedding_scale', 'scaled embeddings', 1],
  ['llama.attn_logit_softcapping', 'capped attention scores'],
  ['llama.final_logit_softcapping', 'capped logits'],
  ['llama.swin_norm', 'another place of the norms'],
  ['llama.attention.max_alibi_bias', 'ALiBi positions'],
  ['llama.attention.clamp_kqv', 'clamped queries, keys and values'],
  ['llama.attention.scale', 'another scale of the attention scores'],
  ['llama.attention.output_scale', 'a scaled attention output', 1],
  ['llama.attention.temperature_length', 'an attention temperature'],
  ['llama.attention.temperature_scale', 'an attention temperature'],
  ['llama.attention.shared_kv_layers', 'layers that share keys and values'],
  ['llama.rope.freq_base_swa', 'another rope base for windowed layers'],
  ['llama.rope.dimension_sections', 'rope by sections'],
  ['llama.rope.scaling.alpha', 'rope scaled by alpha'],
  ['llama.rope.scaling.attn_factor', 'a scaled rope (attn_factor)', 1],
  ['llama.rope.scaling.yarn_ext_factor', 'an extrapolation factor of yarn', 1],
  ['llama.rope.scaling.yarn_attn_factor', 'a scaled rope (yarn_attn_factor)', 1],
  ['llama.rope.scaling.yarn_log_multiplier', 'a logarithmic factor of yarn'],
  ['tokenizer.ggml.add_space_prefix', 'a space before each text'],
  ['tokenizer.ggml.remove_extra_whitespaces', 'removed spaces'],
  ['tokenizer.ggml.precompiled_charsmap', 'a map of characters'],
  ['tokenizer.ggml.add_sep_token', 'a separator after each text'],
];

/** What of the metadata cannot be computed faithfully, as a list of reasons. */
export function refusedKeys(read: MetadataReader): string[] {
  return REFUSED.flatMap(([key, what, neutral]) => {
    const value = read.raw(key);
    return isOff(value) || value === neutral ? [] : [`${what} (${key})`];
  });
}
