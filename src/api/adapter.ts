/** LoRA adapters as PEFT's files. */
import { fileAt, pathFrom } from '#platform';
import { ADAPTER_CONFIG } from '../exchange/peft-config.ts';
import { ADAPTER_WEIGHTS } from '../exchange/peft-match.ts';
import { readPeftAdapter } from '../exchange/peft-read.ts';
import type { NamedBytes } from '../exchange/peft-write.ts';
import { adapterFromValues, type LoraAdapter } from '../lora/adapter.ts';
import type { Notice } from '../notices.ts';
import { blobSource, bytesSource, type ByteSource } from '../storage/byte-source.ts';
import { adapterFiles } from '../workflows/train/adapter-files.ts';
import type { OpenModel } from '../workflows/open/open-model.ts';

/**
 * Puts a PEFT adapter on a model. Free its memory with `adapter.dispose()`.
 * @param from an address or path of its folder, files that a person chose, or what `saveAdapter` gave
 * `notices` of the result say what was left out or taken in another form.
 * @throws ModelFileError, UnsupportedModelError listing all that does not fit the model; DataError for a
 *   pattern in its settings that is no regular expression
 */
export async function loadAdapter(
  { model }: OpenModel,
  from: string | Iterable<File | NamedBytes>,
): Promise<LoraAdapter & { notices: readonly Notice[] }> {
  const read = await readPeftAdapter(await filesOf(from), model);
  const adapter = adapterFromValues(model, read.settings, read.values, read.saved);
  return { ...adapter, notices: read.notices };
}

/** adapter_config.json, adapter_model.safetensors and a README, as PEFT's from_pretrained reads them. */
export function saveAdapter(model: OpenModel, adapter: LoraAdapter): Promise<NamedBytes[]> {
  return adapterFiles(model, adapter);
}

async function filesOf(
  from: string | Iterable<File | NamedBytes>,
): Promise<Map<string, ByteSource>> {
  const files = new Map<string, ByteSource>();
  if (typeof from === 'string') {
    const folder = `${from.replace(/\/+$/, '')}/`;
    for (const name of [ADAPTER_CONFIG, ADAPTER_WEIGHTS]) {
      const file = await fileAt(pathFrom(folder, name));
      if (file) files.set(name, file);
    }
    return files;
  }
  for (const file of from) {
    const source = isNamedBytes(file)
      ? bytesSource(file.name, file.bytes)
      : blobSource(file.name, file);
    files.set(file.name, source);
  }
  return files;
}

function isNamedBytes(file: File | NamedBytes): file is NamedBytes {
  return 'bytes' in file && file.bytes instanceof Uint8Array;
}
