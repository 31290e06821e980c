/**
 * config.json of the Llama family. Mistral, SmolLM2, Qwen2 and Qwen3 are switches here, not copies:
 * biases on q, k, v; a norm on each query and key head; a head width of its own; windows.
 */
import type { Notice } from '../../src/notices.ts';
import { ConfigReader } from '../config-reader.ts';
import { HARMLESS_KEYS, readCommonKeys } from '../known-keys.ts';
import { readRope, type RopeConfig } from '../rope-config.ts';

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
  /** Per layer: how far back a query sees; 0 is all the way. */
  windows: number[];
  rope: RopeConfig;
  notices: Notice[];
}

export const LLAMA_TYPES = ['llama', 'mistral', 'qwen2', 'qwen3'] as const;
type LlamaType = (typeof LLAMA_TYPES)[number];

/** What transformers takes where config.json is silent, and which of the switches a type has. */
const TYPES: Record<
  LlamaType,
  { kvHeads?: number; headDim?: number; contextLength: number; unused: string[] }
> = {
  llama: {
    contextLength: 2048,
    unused: ['sliding_window', 'use_sliding_window', 'max_window_layers', 'layer_types'],
  },
  mistral: {
    kvHeads: 8,
    contextLength: 131_072,
    unused: ['use_sliding_window', 'max_window_layers', 'attention_bias', 'mlp_bias'],
  },
  qwen2: { kvHeads: 32, contextLength: 32_768, unused: ['attention_bias', 'mlp_bias'] },
  qwen3: { kvHeads: 32, headDim: 128, contextLength: 32_768, unused: ['mlp_bias'] },
};
const USUAL_WINDOW = 4096;

/** @throws ModelFileError listing everything wrong, UnsupportedModelError for a rope type */
export function readLlamaConfig(json: unknown): LlamaConfig {
  const config = new ConfigReader(json);
  const named = config.text('model_type', 'llama');
  const modelType = LLAMA_TYPES.find((type) => type === named) ?? 'llama';
  const usual = TYPES[modelType];
  const width = config.size('hidden_size');
  const heads = config.size('num_attention_heads');
  // Written as null it is the number of heads; left out, what the type has.
  const kvHeads = config.size(
    'num_key_value_heads',
    config.raw('num_key_value_heads') === null ? heads : (usual.kvHeads ?? heads),
  );
  const headDim = config.size('head_dim', usual.headDim ?? Math.floor(width / heads));
  if (heads % kvHeads !== 0) {
    config.problem(
      `num_attention_heads ${heads} is not a multiple of num_key_value_heads ${kvHeads}.`,
    );
  }
  config.choice('hidden_act', ['silu', 'swish'], 'silu');
  readCommonKeys(config, ['attention_dropout']);
  const layers = config.layers('num_hidden_layers');
  const contextLength = config.size('max_position_embeddings', usual.contextLength);
  const windows = readWindows(config, modelType, layers);
  config.ignore(
    usual.unused,
    `These settings do nothing in models of type ${modelType}, neither here nor in transformers.`,
  );
  const biased = (name: string, types: readonly LlamaType[]) =>
    types.includes(modelType) && config.flag(name, false);
  const attentionBias = biased('attention_bias', ['llama', 'qwen3']);
  const result = {
    modelType,
    vocabSize: config.size('vocab_size'),
    width,
    layers,
    heads,
    kvHeads,
    headDim,
    feedForward: config.size('intermediate_size'),
    epsilon: config.number('rms_norm_eps', 1e-6, { least: 0 }),
    contextLength,
    tied: config.flag('tie_word_embeddings', false),
    qkvBias: modelType === 'qwen2' || attentionBias,
    outputBias: attentionBias,
    mlpBias: biased('mlp_bias', ['llama']),
    headNorm: modelType === 'qwen3',
    windows,
    rope: readRope(config, {
      thetaKey: 'rope_theta',
      partialKey: 'partial_rotary_factor',
      partial: 1,
      usesPartial: false,
      contextLength,
      headDim,
    }),
  };
  // Older files say that neighboring values are not turned together; they never are.
  config.ignore(['rope_interleaved'], 'Rope turns the two halves of a head, as in transformers.');
  return { ...result, notices: config.finish(HARMLESS_KEYS) };
}

/** Mistral has one window for all layers, Qwen one for the layers that `layer_types` names. */
function readWindows(config: ConfigReader, modelType: LlamaType, layers: number): number[] {
  if (modelType === 'llama') return Array<number>(layers).fill(0);
  const isNone = config.raw('sliding_window') === null;
  const window = isNone ? 0 : config.size('sliding_window', USUAL_WINDOW);
  if (modelType === 'mistral') {
    const type = window > 0 ? 'sliding_attention' : 'full_attention';
    const listed = config.raw('layer_types') ?? [];
    if (!Array.isArray(listed) || listed.some((each) => each !== type)) {
      config.problem(
        'layer_types: layers that differ are not supported in models of type mistral.',
      );
    }
    return Array<number>(layers).fill(window);
  }

  const slides = config.flag('use_sliding_window', false) && !isNone;
  const firstSliding = config.number('max_window_layers', 28);
  const listed = config.raw('layer_types');
  const types: unknown[] = Array.isArray(listed)
    ? listed
    : Array.from({ length: layers }, (_, layer) =>
        slides && layer >= firstSliding ? 'sliding_attention' : 'full_attention',
      );
  if (types.length !== layers) {
    config.problem(`layer_types describes ${types.length} layers, the model has ${layers}.`);
  }
  return types.map((type) => {
    if (type === 'full_attention') return 0;
    if (type !== 'sliding_attention') {
      config.problem(
        `layer_types: ${JSON.stringify(type)} is not supported; supported are full_attention, sliding_attention.`,
      );
    } else if (!slides) {
      config.problem(
        'layer_types: sliding_attention needs use_sliding_window and a sliding_window.',
      );
    }
    return window;
  });
}
