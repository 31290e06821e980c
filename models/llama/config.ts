/**
 * config.json of the Llama family. Mistral, SmolLM2, Qwen2 and Qwen3 are switches here, not copies:
 * biases on q, k, v; a norm on each query and key head; a head width of its own.
 */
import { ConfigReader } from '../config-reader.ts';
import { readRope, type RopeConfig } from '../rope-table.ts';

export interface LlamaConfig {
  modelType: string;
  vocabSize: number;
  width: number;
  layers: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  feedForward: number;
  epsilon: number;
  contextLength: number;
  tied: boolean;
  /** Biases on q, k and v. */
  qkvBias: boolean;
  /** Bias on the attention's output. */
  outputBias: boolean;
  mlpBias: boolean;
  /** RMSNorm on each query and key head, before rotation (Qwen3). */
  headNorm: boolean;
  rope: RopeConfig;
  notices: string[];
}

export const LLAMA_TYPES = ['llama', 'mistral', 'qwen2', 'qwen3'] as const;

/** @throws ModelFileError listing everything wrong, UnsupportedModelError for a rope type */
export function readLlamaConfig(json: unknown): LlamaConfig {
  const config = new ConfigReader(json);
  const modelType = config.text('model_type', 'llama');
  const width = config.size('hidden_size');
  const heads = config.size('num_attention_heads');
  const kvHeads = config.size('num_key_value_heads', heads);
  const headDim = config.size('head_dim', Math.floor(width / heads));
  if (heads % kvHeads !== 0) {
    config.problem(
      `num_attention_heads ${heads} is not a multiple of num_key_value_heads ${kvHeads}.`,
    );
  }
  config.choice('hidden_act', ['silu', 'swish'], 'silu');
  const notices: string[] = [];
  let contextLength = config.size('max_position_embeddings', 2048);
  const slides = modelType === 'mistral' || config.flag('use_sliding_window', false);
  const window = config.raw('sliding_window');
  if (slides && typeof window === 'number' && window < contextLength) {
    contextLength = window;
    notices.push(`Texts are limited to ${window} tokens, the model's sliding window.`);
  }
  const attentionBias = config.flag('attention_bias', false);
  const result: LlamaConfig = {
    modelType,
    vocabSize: config.size('vocab_size'),
    width,
    layers: config.size('num_hidden_layers'),
    heads,
    kvHeads,
    headDim,
    feedForward: config.size('intermediate_size'),
    epsilon: config.number('rms_norm_eps', 1e-6),
    contextLength,
    tied: config.flag('tie_word_embeddings', false),
    qkvBias: modelType === 'qwen2' || attentionBias,
    outputBias: modelType !== 'qwen2' && attentionBias,
    mlpBias: config.flag('mlp_bias', false),
    headNorm: modelType === 'qwen3',
    rope: readRope(config, { theta: config.number('rope_theta', 10_000), partial: 1 }),
    notices,
  };
  config.finish();
  return result;
}
