/** Files → a model on the engine with its tokenizer: what every command and the page begin with. */
import { loadModel } from '../../../models/load.ts';
import type { LanguageModel } from '../../../models/language-model.ts';
import type { LoadOptions } from '../../../models/load-weights.ts';
import type { Precision } from '../../../models/precision.ts';
import type { EngineReport } from '../../engine/config.ts';
import { ModelFileError } from '../../errors.ts';
import { readModelFiles, type ModelFiles } from '../../storage/model-files.ts';
import { openTokenizer, type Tokenizer } from '../../tokenizer/tokenizer.ts';
import { hashedOnRead, sha256Of } from './fingerprint.ts';

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

/** @throws ModelFileError, UnsupportedModelError; nothing stays allocated then */
export async function openModel(files: ModelFiles, options: LoadOptions): Promise<OpenModel> {
  const opened = await readModelFiles(files);
  const tokenizer = openTokenizer(opened.texts);
  const { tensors, hash } = hashedOnRead(opened.tensors);
  const model = await loadModel({ ...opened, tensors }, options);
  if (tokenizer.vocabSize > model.shape.vocabSize) {
    model.dispose();
    throw new ModelFileError(
      `${opened.id}: the tokenizer has ${tokenizer.vocabSize} tokens, the model only ${model.shape.vocabSize}. Their files are of different models.`,
    );
  }
  const texts = [...opened.texts].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    id: opened.id,
    revision: files.revision,
    model,
    tokenizer,
    texts: opened.texts,
    filesHash: await sha256Of(JSON.stringify(texts)),
    weightsHash: await hash(),
  };
}
