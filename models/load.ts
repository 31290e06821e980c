/** Files → family → LanguageModel. The table below is the list of what is supported. */
import { UnsupportedModelError } from '../src/errors.ts';
import type { Notice } from '../src/notices.ts';
import type { ModelContents } from '../src/storage/model-files.ts';
import { assemble, type Blueprint } from './assemble.ts';
import { checkPlan } from './check-plan.ts';
import { readGpt2Config } from './gpt2/config.ts';
import { gpt2Hidden } from './gpt2/forward.ts';
import { gpt2Weights } from './gpt2/weight-names.ts';
import { readGptNeoConfig } from './gpt_neo/config.ts';
import { gptNeoHidden } from './gpt_neo/forward.ts';
import { gptNeoWeights } from './gpt_neo/weight-names.ts';
import { readGptNeoxConfig } from './gpt_neox/config.ts';
import { gptNeoxHidden } from './gpt_neox/forward.ts';
import { gptNeoxWeights } from './gpt_neox/weight-names.ts';
import type { LanguageModel } from './language-model.ts';
import { LLAMA_TYPES, readLlamaConfig } from './llama/config.ts';
import { llamaHidden } from './llama/forward.ts';
import { llamaWeights } from './llama/weight-names.ts';
import type { LoadOptions } from './load-weights.ts';
import { checkFrequencies, rotaryDimension } from './rope-table.ts';
import { settleHead } from './tied-head.ts';

const families: ReadonlyMap<unknown, (config: unknown) => Blueprint> = new Map([
  ...LLAMA_TYPES.map((type) => [type, llama] as const),
  ['gpt2', gpt2],
  ['gpt_neox', gptNeox],
  ['gpt_neo', gptNeo],
]);

/** What config.json may name as its model_type. */
export const supportedModelTypes = [...families.keys()] as readonly string[];

/** A model whose files fit together, before any weight is on the engine. */
export interface CheckedModel {
  /** Rows of the embedding. */
  readonly vocabSize: number;
  /** @throws ModelFileError when weights are no finite numbers; nothing stays allocated then */
  load(options: LoadOptions): Promise<LanguageModel>;
}

/** Checks and loads. Throws as `checkModel` and `load` do. */
export async function loadModel(
  opened: ModelContents,
  options: LoadOptions,
): Promise<LanguageModel> {
  return (await checkModel(opened)).load(options);
}

/**
 * Everything that can be found wrong without the engine.
 * @throws UnsupportedModelError for an unknown model_type, listing the supported ones;
 *   ModelFileError when config.json is wrong or the weights do not fit it
 */
export async function checkModel(opened: ModelContents): Promise<CheckedModel> {
  const modelType = (opened.config as { model_type?: unknown } | null)?.model_type;
  const family = families.get(modelType);
  if (!family) {
    throw new UnsupportedModelError(
      `${opened.id}: model_type ${JSON.stringify(modelType)} is not supported; supported are ${supportedModelTypes.join(', ')}.`,
    );
  }
  const { id, config, tensors } = opened;
  const blueprint = family(config);
  const head = await settleHead(blueprint.plan, blueprint.tied, tensors);
  checkPlan(id, head.plan, tensors);
  if (blueprint.rope) checkFrequencies(blueprint.rope.config, blueprint.rope.rotaryDim);
  return {
    vocabSize: blueprint.shape.vocabSize,
    load: (options) => assemble(id, blueprint, head, tensors, options),
  };
}

function llama(json: unknown): Blueprint {
  const config = readLlamaConfig(json);
  const { modelType, layers, width, vocabSize, contextLength, kvHeads, headDim } = config;
  return {
    plan: llamaWeights(config),
    shape: { modelType, layers, width, vocabSize, contextLength, kvHeads, headDim },
    rope: { config: config.rope, rotaryDim: rotaryDimension(config.rope, headDim) },
    tied: config.tied,
    defaultTargets: ['q_proj', 'v_proj'],
    fanInFanOut: false,
    notices: config.notices,
    hidden: (parts, context) => llamaHidden(config, parts, context),
  };
}

function gpt2(json: unknown): Blueprint {
  const config = readGpt2Config(json);
  return {
    ...plainShape('gpt2', config),
    plan: gpt2Weights(config),
    defaultTargets: ['c_attn'],
    fanInFanOut: true,
    hidden: (parts, context) => gpt2Hidden(config, parts, context),
  };
}

function gptNeox(json: unknown): Blueprint {
  const config = readGptNeoxConfig(json);
  const headDim = config.width / config.heads;
  return {
    ...plainShape('gpt_neox', config),
    plan: gptNeoxWeights(config),
    rope: { config: config.rope, rotaryDim: rotaryDimension(config.rope, headDim) },
    defaultTargets: ['query_key_value'],
    fanInFanOut: false,
    hidden: (parts, context) => gptNeoxHidden(config, parts, context),
  };
}

function gptNeo(json: unknown): Blueprint {
  const config = readGptNeoConfig(json);
  return {
    ...plainShape('gpt_neo', config),
    plan: gptNeoWeights(config),
    defaultTargets: ['q_proj', 'v_proj'],
    fanInFanOut: false,
    hidden: (parts, context) => gptNeoHidden(config, parts, context),
  };
}

/** Families whose key/value heads are their query heads. */
function plainShape(
  modelType: string,
  config: {
    layers: number;
    width: number;
    heads: number;
    vocabSize: number;
    contextLength: number;
    tied: boolean;
    notices: Notice[];
  },
) {
  const { layers, width, heads, vocabSize, contextLength, tied, notices } = config;
  const shape = {
    modelType,
    layers,
    width,
    vocabSize,
    contextLength,
    kvHeads: heads,
    headDim: width / heads,
  };
  return { shape, tied, notices };
}
