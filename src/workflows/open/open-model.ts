/** Files → a model on the engine with its tokenizer: what every command and the page begin with. */
import { checkModel } from '../../../models/load.ts';
import type { LanguageModel } from '../../../models/language-model.ts';
import type { LoadOptions } from '../../../models/load-weights.ts';
import type { Precision } from '../../../models/precision.ts';
import type { EngineReport } from '../../engine/config.ts';
import { ModelFileError } from '../../errors.ts';
import { readModelFiles, type ModelFiles } from '../../storage/model-files.ts';
import { openTokenizer, type Tokenizer } from '../../tokenizer/tokenizer.ts';
import { hashedOnRead } from './fingerprint.ts';
import { sha256Of } from '../../storage/sha256.ts';

export interface OpenModel {
  id: string;
  /** Of a model of the hub: the branch, tag or commit. */
  revision?: string | undefined;
  model: LanguageModel;
  tokenizer: Tokenizer;
  /** config.json and the tokenizer's files, for a fine-tuned model that is saved. */
  texts: ReadonlyMap<string, string>;
  /** SHA-256 of config.json and the tokenizer's files: names the model in manifests. */
  filesHash: string;
  /** Names the weights as they were loaded. */
  weightsHash: string;
}

/**
 * The plain engine widens a weight at each use. It holds stored weights in float32 at once, which are
 * the same numbers; int8 are others, so they stay what was asked for.
 */
export function enginePrecision({ name }: EngineReport, precision: Precision): Precision {
  return name === 'cpu' && precision === 'as-stored' ? 'f32' : precision;
}

/** A model whose files have been read and fit together; none of its weights is on the engine. */
export interface ReadModel {
  tokenizer: Tokenizer;
  /** @throws ModelFileError; nothing stays allocated then */
  load(options: LoadOptions): Promise<OpenModel>;
}

/** @throws ModelFileError, UnsupportedModelError; nothing stays allocated then */
export async function openModel(files: ModelFiles, options: LoadOptions): Promise<OpenModel> {
  return (await readModel(files)).load(options);
}

/**
 * Reads and checks all that needs no engine, so that another model may stay open until this one is
 * known to fit together.
 * @throws ModelFileError, UnsupportedModelError
 */
export async function readModel(files: ModelFiles): Promise<ReadModel> {
  const { id, texts, tensors: read, ...contents } = await readModelFiles(files);
  const tokenizer = openTokenizer(texts);
  const { tensors, hash } = hashedOnRead(read);
  const checked = await checkModel({ id, texts, tensors, ...contents });
  if (tokenizer.vocabSize > checked.vocabSize) {
    throw new ModelFileError(
      `${id}: the tokenizer has ${tokenizer.vocabSize} tokens, the model only ${checked.vocabSize}. Their files are of different models.`,
    );
  }
  const inOrder = [...texts].sort(([a], [b]) => (a < b ? -1 : 1));
  const filesHash = await sha256Of(JSON.stringify(inOrder));
  const { revision } = files;
  return {
    tokenizer,
    async load(options) {
      const model = await checked.load(options);
      const weightsHash = await hash();
      return { id, revision, model, tokenizer, texts, filesHash, weightsHash };
    },
  };
}
