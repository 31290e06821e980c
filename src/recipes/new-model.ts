/** A model that has learned nothing yet: config, tokenizer and seeded weights, in Hugging Face layout. */
import { createRandom, type Random } from '../../src/random.ts';
import { bytesSource } from '../../src/storage/byte-source.ts';
import type { ModelFiles } from '../../src/storage/model-files.ts';
import { writeSafetensors, type TensorToWrite } from '../../src/storage/safetensors.ts';
import { readLlamaConfig } from '../../models/llama/config.ts';
import { llamaWeights } from '../../models/llama/weight-names.ts';
import type { PlanPart } from '../../models/weight-plan.ts';
import { modelSettings, tokenizerSettings } from './settings.ts';
import { worldTokenizer } from './tokenizer.ts';

const { endOfText } = tokenizerSettings;
/** The end of text is the first token of the vocabulary. */
const END_ID = 0;

/** config.json of the Llama family. */
export const newModelConfig = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: tokenizerSettings.vocabularySize,
  ...modelSettings,
  head_dim: modelSettings.hidden_size / modelSettings.num_attention_heads,
  hidden_act: 'silu',
  rope_scaling: null,
  attention_bias: false,
  mlp_bias: false,
  attention_dropout: 0,
  tie_word_embeddings: true,
  bos_token_id: END_ID,
  eos_token_id: END_ID,
  pad_token_id: null,
  use_cache: true,
  torch_dtype: 'float16',
};

/** The small files beside config.json and the weights. */
export function newModelTexts(tokenizer = worldTokenizer()): Record<string, object> {
  return {
    'tokenizer.json': tokenizer,
    'tokenizer_config.json': {
      tokenizer_class: 'PreTrainedTokenizerFast',
      bos_token: endOfText,
      eos_token: endOfText,
      unk_token: null,
      pad_token: null,
      add_bos_token: false,
      add_eos_token: false,
      clean_up_tokenization_spaces: false,
      model_max_length: modelSettings.max_position_embeddings,
      // The question, a line break that is a token of its own, the answer, the end.
      chat_template:
        "{% for message in messages %}{{ message['content'] }}{% if message['role'] == 'user' %}{{ '\\n' }}{% else %}{{ eos_token }}{% endif %}{% endfor %}",
    },
    'generation_config.json': {
      bos_token_id: END_ID,
      eos_token_id: END_ID,
      do_sample: false,
      max_new_tokens: 128,
    },
  };
}

/**
 * All files of a new model; the same seed gives the same weights.
 * @param tokenizer tokenizer.json; learned anew when absent, which takes some seconds
 */
export function newModelFiles(id: string, seed: number, tokenizer?: object): ModelFiles {
  const texts = { 'config.json': newModelConfig, ...newModelTexts(tokenizer) };
  const files = Object.entries(texts).map(([name, value]) => {
    const bytes = new TextEncoder().encode(JSON.stringify(value));
    return [name, bytesSource(name, bytes)] as const;
  });
  const weights = writeSafetensors(newWeights(createRandom(seed).fork('weights')));
  const name = 'model.safetensors';
  return { id, files: new Map([...files, [name, bytesSource(name, weights)]]) };
}

/** Matrices normal with the config's deviation, norms 1: as transformers initializes a Llama. */
function newWeights(random: Random): TensorToWrite[] {
  const plan = llamaWeights(readLlamaConfig(newModelConfig));
  const make = ({ tensor, rows }: PlanPart, columns: number, value: () => number) => {
    const shape = columns === 0 ? [rows] : [rows, columns];
    const data = Float32Array.from({ length: rows * Math.max(1, columns) }, value);
    return { name: tensor, shape, dtype: 'F32' as const, data };
  };
  const normal = () => modelSettings.initializer_range * random.normal();
  return [
    ...plan.matrices.flatMap(({ parts, columns }) =>
      parts.map((part) => make(part, columns, normal)),
    ),
    ...plan.vectors.flatMap(({ parts }) => parts.map((part) => make(part, 0, () => 1))),
  ];
}
