/** An adapter as PEFT saves it: adapter_config.json, adapter_model.safetensors and a README. */
import type { LoraValues } from '../lora/adapter.ts';
import type { LoraSettings } from '../lora/config.ts';
import { writeSafetensors, type TensorToWrite } from '../storage/safetensors.ts';

export interface AdapterToWrite {
  /** Hub id or folder name of the base model. */
  baseModel: string;
  revision: string | undefined;
  settings: LoraSettings;
  /** Leaf names or whole paths of the adapted modules. */
  targetModules: readonly string[];
  fanInFanOut: boolean;
  /** By module path; A [R, in], B [out, R]. */
  values: ReadonlyMap<string, LoraValues>;
  /** Tensors saved in full, by their names in the checkpoint. */
  saved: ReadonlyMap<string, { shape: readonly number[]; values: Float32Array }>;
}

export interface NamedBytes {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** The same adapter gives the same bytes. */
export function writePeftAdapter(adapter: AdapterToWrite): NamedBytes[] {
  const { rank } = adapter.settings;
  const tensors: TensorToWrite[] = [];
  for (const [path, { a, b }] of adapter.values) {
    const name = `base_model.model.${path}`;
    tensors.push(
      {
        name: `${name}.lora_A.weight`,
        shape: [rank, a.length / rank],
        dtype: 'F32',
        data: bytesOf(a),
      },
      {
        name: `${name}.lora_B.weight`,
        shape: [b.length / rank, rank],
        dtype: 'F32',
        data: bytesOf(b),
      },
    );
  }
  for (const [name, { shape, values }] of adapter.saved) {
    tensors.push({ name: `base_model.model.${name}`, shape, dtype: 'F32', data: bytesOf(values) });
  }
  return [
    { name: 'adapter_config.json', bytes: text(`${JSON.stringify(configOf(adapter), null, 2)}\n`) },
    { name: 'adapter_model.safetensors', bytes: writeSafetensors(tensors, { format: 'pt' }) },
    { name: 'README.md', bytes: text(readme(adapter)) },
  ];
}

function configOf(adapter: AdapterToWrite) {
  const { baseModel, revision, settings, targetModules, fanInFanOut } = adapter;
  const modules = [...adapter.saved.keys()].map((name) => name.slice(0, name.lastIndexOf('.')));
  const config: Record<string, unknown> = {
    alpha_pattern: {},
    auto_mapping: null,
    base_model_name_or_path: baseModel,
    bias: 'none',
    fan_in_fan_out: fanInFanOut,
    inference_mode: true,
    init_lora_weights: true,
    layers_pattern: null,
    layers_to_transform: null,
    lora_alpha: settings.alpha,
    lora_dropout: settings.dropout,
    modules_to_save: modules.length > 0 ? [...new Set(modules)].sort() : null,
    peft_type: 'LORA',
    r: settings.rank,
    rank_pattern: {},
    revision: revision ?? null,
    target_modules: [...targetModules].sort(),
    task_type: 'CAUSAL_LM',
    use_dora: false,
    use_rslora: settings.rankStabilized,
  };
  return Object.fromEntries(Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function readme({ baseModel }: AdapterToWrite): string {
  return `---
base_model: ${baseModel}
library_name: peft
pipeline_tag: text-generation
---

A LoRA adapter trained with Idiolect.

\`\`\`python
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

base = AutoModelForCausalLM.from_pretrained("${baseModel}")
tokenizer = AutoTokenizer.from_pretrained("${baseModel}")
model = PeftModel.from_pretrained(base, ".")
\`\`\`
`;
}

function text(content: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(content);
}

function bytesOf(values: Float32Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(values.slice().buffer);
}
