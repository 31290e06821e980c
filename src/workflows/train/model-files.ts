/** A fully fine-tuned model → a folder in Hugging Face layout that opens as it is. */
import type { NamedBytes } from '../../exchange/peft-write.ts';
import { float32ToFloat16 } from '../../storage/half.ts';
import { writeSafetensors } from '../../storage/safetensors.ts';
import type { OpenModel } from '../open/open-model.ts';

/** config.json and the tokenizer's files as they came, weights in F16, as small models are published. */
export async function modelFiles({ model, texts }: OpenModel): Promise<NamedBytes[]> {
  const tensors = [...(await model.state())].map(([name, { shape, values }]) => ({
    name,
    shape,
    dtype: 'F16' as const,
    data: new Uint8Array(float32ToFloat16(Float32Array.from(values)).buffer),
  }));
  return [
    ...[...texts].map(([name, text]) => ({ name, bytes: new TextEncoder().encode(text) })),
    { name: 'model.safetensors', bytes: writeSafetensors(tensors, { format: 'pt' }) },
  ];
}
