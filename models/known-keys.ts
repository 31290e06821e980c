/**
 * Keys of config.json that any family may have: those that change nothing here, each with the reason,
 * and those that would, which are refused. Families add their own.
 */
import type { Harmless } from '../src/key-account.ts';
import type { ConfigReader } from './config-reader.ts';

const describes = 'describes the file';
const elsewhere = 'read with the tokenizer';
const chosen = 'precision and attention code are chosen here';
const newWeights = 'only for weights that are drawn anew';
const output = 'says what a call returns in Python';
const sampling = 'how to sample is chosen when generating';
const classifier = 'belongs to classifiers';

export const HARMLESS_KEYS: Harmless = {
  _name_or_path: describes,
  architectures: describes,
  transformers_version: describes,
  'transformers.js_config': describes,
  is_llama_config: describes,
  unsloth_version: describes,
  unsloth_fixed: describes,
  task_specific_params: describes,
  tokenizer_class: elsewhere,
  bos_token_id: elsewhere,
  eos_token_id: elsewhere,
  pad_token_id: elsewhere,
  sep_token_id: elsewhere,
  cls_token_id: elsewhere,
  unk_token_id: elsewhere,
  decoder_start_token_id: elsewhere,
  torch_dtype: chosen,
  dtype: chosen,
  use_bfloat16: chosen,
  attn_implementation: chosen,
  _attn_implementation: chosen,
  _attn_implementation_autoset: chosen,
  _flash_attn_2_enabled: chosen,
  pretraining_tp: 'the same product, cut into parts',
  torchscript: chosen,
  use_cache: 'generation always has a cache',
  gradient_checkpointing: 'memory, not numbers',
  chunk_size_feed_forward: 'memory, not numbers',
  initializer_range: newWeights,
  output_attentions: output,
  output_hidden_states: output,
  return_dict: output,
  use_return_dict: output,
  return_dict_in_generate: output,
  output_scores: output,
  id2label: classifier,
  label2id: classifier,
  num_labels: classifier,
  problem_type: classifier,
  finetuning_task: classifier,
  classifier_dropout: classifier,
  is_decoder: 'all models here are',
  summary_type: classifier,
  summary_use_proj: classifier,
  summary_activation: classifier,
  summary_proj_to_labels: classifier,
  summary_first_dropout: classifier,
  prefix: sampling,
  max_length: sampling,
  min_length: sampling,
  do_sample: sampling,
  early_stopping: sampling,
  num_beams: sampling,
  num_beam_groups: sampling,
  diversity_penalty: sampling,
  temperature: sampling,
  top_k: sampling,
  top_p: sampling,
  typical_p: sampling,
  repetition_penalty: sampling,
  length_penalty: sampling,
  no_repeat_ngram_size: sampling,
  encoder_no_repeat_ngram_size: sampling,
  bad_words_ids: sampling,
  num_return_sequences: sampling,
  forced_bos_token_id: sampling,
  forced_eos_token_id: sampling,
  remove_invalid_values: sampling,
  exponential_decay_length_penalty: sampling,
  suppress_tokens: sampling,
  begin_suppress_tokens: sampling,
  tf_legacy_loss: 'for another framework',
};

const REFUSED: Readonly<Record<string, string>> = {
  quantization_config: 'quantized checkpoints are not supported; bring the unquantized model',
  add_cross_attention: 'cross-attention is not supported',
  is_encoder_decoder: 'encoder–decoder models are not supported',
  tie_encoder_decoder: 'encoder–decoder models are not supported',
  pruned_heads: 'pruned heads are not supported',
  per_layer_config: 'settings by layer are not supported',
  use_mrope: 'rope in several dimensions is not supported',
};

/** What is the same in every family: refusals, code of its own, and dropout inside the model. */
export function readCommonKeys(config: ConfigReader, dropouts: readonly string[]): void {
  config.raw('model_type');
  config.refuse(REFUSED);
  config.ignore(
    ['auto_map'],
    'The model names Python code of its own, which is not run; the family’s usual computation is used.',
  );
  const active = dropouts.filter((name) => config.number(name, 0) > 0);
  if (active.length > 0) {
    config.notice(
      'assumed',
      'Dropout inside the model is taken as 0; only the adapter’s dropout is applied in training.',
      active,
    );
  }
}
