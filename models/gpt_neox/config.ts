/** config.json of GPT-NeoX (Pythia): rotary positions on part of each head, two residual forms. */
import type { GeluForm } from '../../src/ops/gelu/gelu.ts';
import { GELU_NAMES, geluForm } from '../activation.ts';
import type { Notice } from '../../src/notices.ts';
import { ConfigReader } from '../config-reader.ts';
import { HARMLESS_KEYS, readCommonKeys } from '../known-keys.ts';
import { readRope, type RopeConfig } from '../rope-config.ts';

export interface GptNeoxConfig {
  vocabSize: number;
  width: number;
  layers: number;
  heads: number;
  feedForward: number;
  epsilon: number;
  contextLength: number;
  activation: GeluForm;
  tied: boolean;
  /** Attention and MLP both read the block's input and are added to it together. */
  parallelResidual: boolean;
  attentionBias: boolean;
  rope: RopeConfig;
  notices: Notice[];
}

/** @throws ModelFileError listing everything wrong, UnsupportedModelError for a rope type */
export function readGptNeoxConfig(json: unknown): GptNeoxConfig {
  const config = new ConfigReader(json);
  const width = config.size('hidden_size');
  const heads = config.size('num_attention_heads');
  if (width % heads !== 0) {
    config.problem(`hidden_size ${width} is not a multiple of num_attention_heads ${heads}.`);
  }
  const headDim = Math.floor(width / heads);
  const contextLength = config.size('max_position_embeddings', 2048);
  readCommonKeys(config, ['attention_dropout', 'hidden_dropout']);
  const result = {
    vocabSize: config.size('vocab_size'),
    width,
    layers: config.layers('num_hidden_layers'),
    heads,
    feedForward: config.size('intermediate_size', 24_576),
    epsilon: config.number('layer_norm_eps', 1e-5, { least: 0 }),
    contextLength,
    activation: geluForm(config.choice('hidden_act', GELU_NAMES, 'gelu')),
    tied: config.flag('tie_word_embeddings', false),
    parallelResidual: config.flag('use_parallel_residual', true),
    attentionBias: config.flag('attention_bias', true),
    rope: readRope(config, {
      thetaKey: 'rotary_emb_base',
      partialKey: 'rotary_pct',
      partial: 0.25,
      usesPartial: true,
      contextLength,
      headDim,
    }),
  };
  return { ...result, notices: config.finish(HARMLESS_KEYS) };
}
