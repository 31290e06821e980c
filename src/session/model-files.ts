/** A fully fine-tuned model → config.json and model.safetensors in Hugging Face layout. */
import type { NamedBytes } from '../exchange/peft-write.ts';
import { float32ToFloat16 } from '../storage/half.ts';
import { writeSafetensors } from '../storage/safetensors.ts';
import type { OpenLab } from './open-model.ts';

/** Weights in F16, as small models are published. */
export async function modelFiles({ model, config }: OpenLab): Promise<NamedBytes[]> {
  const tensors = [...(await model.state())].map(([name, { shape, values }]) => ({
    name,
    shape,
    dtype: 'F16' as const,
    data: new Uint8Array(float32ToFloat16(Float32Array.from(values)).buffer),
  }));
  const json = `${JSON.stringify(config, null, 2)}\n`;
  return [
    { name: 'config.json', bytes: new TextEncoder().encode(json) },
    { name: 'model.safetensors', bytes: writeSafetensors(tensors, { format: 'pt' }) },
  ];
}
