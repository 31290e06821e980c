/** config.json of GPT-2. */
import { GELU_NAMES, geluForm } from '../activation.ts';
import type { GeluForm } from '../../src/ops/gelu/gelu.ts';
import type { Harmless } from '../../src/key-account.ts';
import type { Notice } from '../../src/notices.ts';
import { ConfigReader } from '../config-reader.ts';
import { HARMLESS_KEYS, readCommonKeys } from '../known-keys.ts';

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
  notices: Notice[];
}

const HARMLESS: Harmless = {
  ...HARMLESS_KEYS,
  n_ctx: 'the length of stored masks; n_positions counts',
  reorder_and_upcast_attn: 'attention is computed in float32 as it is',
};

/** @throws ModelFileError listing everything wrong */
export function readGpt2Config(json: unknown): Gpt2Config {
  const config = new ConfigReader(json);
  const width = config.size(['n_embd', 'hidden_size']);
  readCommonKeys(config, ['attn_pdrop', 'embd_pdrop', 'resid_pdrop']);
  const result = {
    vocabSize: config.size('vocab_size'),
    width,
    layers: config.layers(['n_layer', 'num_hidden_layers']),
    heads: config.size(['n_head', 'num_attention_heads']),
    feedForward: config.size('n_inner', 4 * width),
    epsilon: config.number('layer_norm_epsilon', 1e-5, { least: 0 }),
    contextLength: config.size(['n_positions', 'max_position_embeddings'], 1024),
    activation: geluForm(config.choice('activation_function', GELU_NAMES, 'gelu_new')),
    tied: config.flag('tie_word_embeddings', true),
    scaled: config.flag('scale_attn_weights', true),
    scaledByLayer: config.flag('scale_attn_by_inverse_layer_idx', false),
  };
  if (width % result.heads !== 0) {
    config.problem(`n_embd ${width} is not a multiple of n_head ${result.heads}.`);
  }
  return { ...result, notices: config.finish(HARMLESS) };
}
