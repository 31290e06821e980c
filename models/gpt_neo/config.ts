/** config.json of GPT-Neo (TinyStories): attention layers alternate between global and local. */
import type { GeluForm } from '../../src/ops/gelu/gelu.ts';
import { GELU_NAMES, geluForm } from '../activation.ts';
import { MAX_LAYERS, overLimit } from '../../src/limits.ts';
import type { Notice } from '../../src/notices.ts';
import { ConfigReader } from '../config-reader.ts';
import { HARMLESS_KEYS, readCommonKeys } from '../known-keys.ts';

export interface GptNeoConfig {
  vocabSize: number;
  width: number;
  layers: number;
  heads: number;
  feedForward: number;
  epsilon: number;
  contextLength: number;
  activation: GeluForm;
  tied: boolean;
  /** Per layer: how far back a query sees; 0 is all the way. */
  windows: number[];
  notices: Notice[];
}

/** @throws ModelFileError listing everything wrong */
export function readGptNeoConfig(json: unknown): GptNeoConfig {
  const config = new ConfigReader(json);
  const width = config.size('hidden_size');
  const layers = config.layers(['num_layers', 'num_hidden_layers']);
  const heads = config.size(['num_heads', 'num_attention_heads']);
  if (width % heads !== 0)
    config.problem(`hidden_size ${width} is not a multiple of num_heads ${heads}.`);
  readCommonKeys(config, ['attention_dropout', 'embed_dropout', 'resid_dropout']);
  const result = {
    vocabSize: config.size('vocab_size'),
    width,
    layers,
    heads,
    feedForward: config.size('intermediate_size', 4 * width),
    epsilon: config.number('layer_norm_epsilon', 1e-5, { least: 0 }),
    contextLength: config.size('max_position_embeddings', 2048),
    activation: geluForm(config.choice('activation_function', GELU_NAMES, 'gelu_new')),
    tied: config.flag('tie_word_embeddings', true),
    windows: readWindows(config, layers, config.size('window_size', 256)),
  };
  return { ...result, notices: config.finish(HARMLESS_KEYS) };
}

/** Without attention_types, transformers takes twelve times global, local. */
const USUAL_PAIRS = 12;

/** `attention_types` is a list of [kinds, repetitions]; `attention_layers` says it layer by layer. */
function readWindows(config: ConfigReader, layers: number, window: number): number[] {
  const flat: unknown[] = [];
  const types = config.raw('attention_types');
  const listed = config.raw('attention_layers');
  if (Array.isArray(listed)) for (const kind of listed as unknown[]) flat.push(kind);
  else if (Array.isArray(types)) {
    for (const entry of types as unknown[]) {
      const [kinds, times] = Array.isArray(entry) ? (entry as unknown[]) : [];
      if (!Array.isArray(kinds) || typeof times !== 'number') {
        config.problem('attention_types: expected a list of [kinds, repetitions].');
        continue;
      }
      if (times * kinds.length > MAX_LAYERS || kinds.length > MAX_LAYERS) {
        config.problem(`attention_types: ${overLimit(times * kinds.length, 'layers', MAX_LAYERS)}`);
        continue;
      }
      for (let i = 0; i < times; i++) flat.push(...(kinds as unknown[]));
    }
  } else for (let i = 0; i < USUAL_PAIRS; i++) flat.push('global', 'local');
  if (flat.length !== layers) {
    config.problem(`attention_types describes ${flat.length} layers, the model has ${layers}.`);
  }
  return flat.map((kind) => {
    if (kind !== 'global' && kind !== 'local') {
      config.problem(
        `attention_types: ${JSON.stringify(kind)} is not supported; supported are global, local.`,
      );
    }
    return kind === 'local' ? window : 0;
  });
}
