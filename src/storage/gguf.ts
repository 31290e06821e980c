/**
 * A GGUF file of the Llama family, presented as the Hugging Face folder it was made from: the texts
 * (config.json, tokenizer.json, …) and the tensors under their usual names, widened to 16 bits.
 */
import { UnsupportedModelError } from '../errors.ts';
import { unknownKeysNotice } from '../key-account.ts';
import type { Notice } from '../notices.ts';
import type { ByteSource } from './byte-source.ts';
import { READABLE_FORMATS, formatName } from './gguf-blocks.ts';
import { ROPE_DIVISORS, ggufConfig } from './gguf-config.ts';
import { HARMLESS_GGUF_KEYS } from './gguf-keys.ts';
import { readGgufLayout, type GgufLayout } from './gguf-layout.ts';
import { MetadataReader } from './gguf-metadata.ts';
import { ggufTokenizer } from './gguf-tokenizer.ts';
import { ggufWeights } from './gguf-weights.ts';
import { bytesToFloat32, elementCount, type TensorFile } from './tensor-file.ts';

export interface GgufModel {
  /** config.json, tokenizer.json, tokenizer_config.json and generation_config.json. */
  readonly texts: ReadonlyMap<string, string>;
  readonly tensors: TensorFile;
}

/**
 * Opens a GGUF file; tensors are read and widened when asked for. Throws an UnsupportedModelError
 * for other families, tokenizers or quantizations, and a ModelFileError for broken files.
 */
export async function openGguf(file: ByteSource): Promise<GgufModel> {
  const layout = await readGgufLayout(file);
  const read = new MetadataReader(layout.metadata);
  const notices: Notice[] = [];
  const config = ggufConfig(layout, read, file.name, await readRopeDivisors(file, layout));
  const weights = layout.tensors.filter(({ name }) => name !== ROPE_DIVISORS);
  const tensors = ggufWeights(file, weights, config);
  const texts = ggufTokenizer(read, file.name, notices);
  texts.set('config.json', JSON.stringify(config, null, 2));
  notices.push(...unknownKeysNotice(file.name, read.unused(HARMLESS_GGUF_KEYS)));
  return {
    texts,
    tensors: { tensors, metadata: { format: 'gguf' }, unreadable: new Map(), notices },
  };
}

async function readRopeDivisors(
  file: ByteSource,
  { tensors }: GgufLayout,
): Promise<Float32Array | undefined> {
  const tensor = tensors.find(({ name }) => name === ROPE_DIVISORS);
  if (tensor === undefined) return undefined;
  const format = READABLE_FORMATS.get(tensor.type);
  if (format?.dtype !== 'F32') {
    throw new UnsupportedModelError(
      `${file.name}: "${ROPE_DIVISORS}" is stored as ${formatName(tensor.type)}, expected F32.`,
    );
  }
  return bytesToFloat32(await file.read(tensor.offset, elementCount(tensor.shape) * 4), 'F32');
}
