/** Keys of adapter_config.json: what changes nothing here, with the reason, and what is refused by name. */
import type { Harmless } from '../key-account.ts';

const describes = 'describes the file';
const preparation =
  'prepared the start of training; init_lora_weights says whether the base changed';

export const HARMLESS_PEFT_KEYS: Harmless = {
  auto_mapping: describes,
  peft_version: describes,
  revision: describes,
  inference_mode: 'whether Python would train further',
  runtime_config: 'devices and memory in Python',
  fan_in_fan_out: 'PEFT sets it to what the layer needs, and B·A has one orientation here',
  megatron_core: 'names a module that only megatron_config uses',
  qalora_group_size: 'only with use_qalora',
  loftq_config: preparation,
  eva_config: preparation,
  corda_config: preparation,
  lora_ga_config: preparation,
};

/** Settings that change what is computed and are not supported, unless they are off. */
export const REFUSED_PEFT_KEYS: Readonly<Record<string, string>> = {
  use_dora: 'DoRA magnitudes (use_dora)',
  layer_replication: 'replicated layers (layer_replication)',
  alora_invocation_tokens: 'activated LoRA (alora_invocation_tokens)',
  target_parameters: 'adapted parameters (target_parameters)',
  trainable_token_indices: 'trained token embeddings (trainable_token_indices)',
  use_qalora: 'QA-LoRA (use_qalora)',
  use_bdlora: 'block-diagonal LoRA (use_bdlora)',
  lora_bias: 'biases on B (lora_bias)',
  arrow_config: 'routing between adapters (arrow_config)',
  kasa_config: 'singular-value adaptation (kasa_config)',
  monteclora_config: 'Monte Carlo sampling (monteclora_config)',
  velora_config: 'compressed gradients (velora_config)',
  megatron_config: 'Megatron layers (megatron_config)',
};

/**
 * `init_lora_weights`: what starts A and B and leaves the base as it is, what changes the base and can be
 * redone from its weights, and what changes it by things that are in neither file.
 */
export const HARMLESS_STARTS: readonly unknown[] = [
  ...[undefined, null, true, false, 'gaussian', 'orthogonal', 'eva', 'mica'],
];
export const REDONE_STARTS = ['pissa', 'olora'] as const;
export type BaseChange = (typeof REDONE_STARTS)[number];
