/** config.json of GPT-2. Dropouts are taken as 0. */
import { GELU_NAMES, geluForm } from '../activation.ts';
import { ConfigReader } from '../config-reader.ts';
import type { GeluForm } from '../../src/ops/gelu/gelu.ts';

export interface Gpt2Config {
  vocabSize: number;
  width: number;
  layers: number;
  heads: number;
  feedForward: number;
  epsilon: number;
  contextLength: number;
  activation: GeluForm;
  tied: boolean;
  /** Scores divided by √headDim. */
  scaled: boolean;
  /** Scores divided by layer + 1 as well. */
  scaledByLayer: boolean;
}

/** @throws ModelFileError listing everything wrong */
export function readGpt2Config(json: unknown): Gpt2Config {
  const config = new ConfigReader(json);
  const width = config.size(['n_embd', 'hidden_size']);
  const result: Gpt2Config = {
    vocabSize: config.size('vocab_size'),
    width,
    layers: config.size(['n_layer', 'num_hidden_layers']),
    heads: config.size(['n_head', 'num_attention_heads']),
    feedForward: config.size('n_inner', 4 * width),
    epsilon: config.number('layer_norm_epsilon', 1e-5),
    contextLength: config.size(['n_positions', 'n_ctx', 'max_position_embeddings'], 1024),
    activation: geluForm(config.choice('activation_function', GELU_NAMES, 'gelu_new')),
    tied: config.flag('tie_word_embeddings', true),
    scaled: config.flag('scale_attn_weights', true),
    scaledByLayer: config.flag('scale_attn_by_inverse_layer_idx', false),
  };
  if (width % result.heads !== 0) {
    config.problem(`n_embd ${width} is not a multiple of n_head ${result.heads}.`);
  }
  config.finish();
  return result;
}
