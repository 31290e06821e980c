/**
 * A model as a named set of files, wherever they come from, and the step from there to what the
 * other rooms need: its small texts and its tensors.
 */
import { ModelFileError, UnsupportedModelError } from '../errors.ts';
import { parseJson } from '../json-text.ts';
import { MAX_DESCRIPTION_BYTES, MAX_TOKENIZER_BYTES } from '../limits.ts';
import { readText, type ByteSource } from './byte-source.ts';
import { openGguf } from './gguf.ts';
import { readSafetensors } from './safetensors.ts';
import { readShardedSafetensors } from './sharded-safetensors.ts';
import type { TensorFile } from './tensor-file.ts';

export interface ModelFiles {
  /** A hub id such as `owner/name`, or the name of a folder or file. */
  readonly id: string;
  /** Of a model of the hub: the branch, tag or commit. */
  readonly revision?: string;
  /** Relative path with forward slashes → file. */
  readonly files: ReadonlyMap<string, ByteSource>;
}

export interface ModelContents {
  readonly id: string;
  /** The parsed `config.json`; a model family's own code reads it. */
  readonly config: unknown;
  /** Texts by file name: config.json, tokenizer.json, chat_template.jinja and the like. */
  readonly texts: ReadonlyMap<string, string>;
  readonly tensors: TensorFile;
}

export const WEIGHTS_FILE = 'model.safetensors';
export const SHARD_INDEX_FILE = 'model.safetensors.index.json';

/** The small files that describe a model and its tokenizer. */
export const TEXT_FILES = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'chat_template.jinja',
  'chat_template.json',
  'vocab.json',
  'merges.txt',
] as const;

/** Those that grow with the vocabulary. */
const VOCABULARY_FILES: ReadonlySet<string> = new Set([
  'tokenizer.json',
  'vocab.json',
  'merges.txt',
]);

/** Whether a file is one of the small texts that `readModelFiles` hands on. */
export function isTextFile(name: string): boolean {
  return (
    (TEXT_FILES as readonly string[]).includes(name) ||
    /^additional_chat_templates\/[^/]+\.jinja$/.test(name)
  );
}

/**
 * Opens a model in the Hugging Face layout or as one GGUF file. Weights are not read yet.
 * Throws a ModelFileError that lists the missing files, or says how to convert what is there.
 */
export async function readModelFiles(model: ModelFiles): Promise<ModelContents> {
  const gguf = [...model.files].filter(([name]) => name.toLowerCase().endsWith('.gguf'));
  if (gguf.length > 0 && !model.files.has(WEIGHTS_FILE)) return openOneGguf(model.id, gguf);

  const tensors = await openWeights(model);
  const texts = new Map<string, string>();
  for (const [name, file] of model.files) {
    if (!isTextFile(name)) continue;
    const most = VOCABULARY_FILES.has(name) ? MAX_TOKENIZER_BYTES : MAX_DESCRIPTION_BYTES;
    texts.set(name, await readText(file, most));
  }
  const config = texts.get('config.json');
  if (config === undefined) {
    throw new ModelFileError(`${model.id}: the file config.json is missing.`);
  }
  return { id: model.id, config: parseJson(config, 'config.json'), texts, tensors };
}

async function openOneGguf(id: string, files: [string, ByteSource][]): Promise<ModelContents> {
  const [first, ...others] = files;
  if (others.length > 0) {
    throw new ModelFileError(
      `${id}: ${files.length} GGUF files are there; pick one.`,
      files.map(([name]) => name),
    );
  }
  const { texts, tensors } = await openGguf(first![1]);
  const config = parseJson(texts.get('config.json')!, 'config.json');
  return { id, config, texts, tensors };
}

async function openWeights({ id, files }: ModelFiles): Promise<TensorFile> {
  const single = files.get(WEIGHTS_FILE);
  if (single !== undefined) return readSafetensors(single);
  const index = files.get(SHARD_INDEX_FILE);
  if (index !== undefined) return readShardedSafetensors(index, files);
  const pickles = [...files.keys()].filter((name) => /\.(bin|pt|pth)$/.test(name));
  if (pickles.length > 0) {
    throw new UnsupportedModelError(
      `${id}: ${pickles.join(', ')} can run code when opened, so it is not read. In Python, save_pretrained(folder, safe_serialization=True) writes model.safetensors instead.`,
    );
  }
  throw new ModelFileError(`${id}: the weights are missing.`, [
    `Expected ${WEIGHTS_FILE}, or ${SHARD_INDEX_FILE} with its parts, or one .gguf file.`,
  ]);
}
