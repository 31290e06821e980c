/** What all commands need first: an engine, and a model from a folder, a GGUF file or the embedded default. */
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DataError } from '../errors.ts';
import type { ByteSource } from '../storage/byte-source.ts';
import { nodeFileSource, nodeModelFiles } from '../storage/node-file.ts';
import { readPeftAdapter } from '../exchange/peft-read.ts';
import { adapterFromValues, type LoraAdapter } from '../lora/adapter.ts';
import { openLab, type OpenLab } from '../session/open-model.ts';
import { DEFAULT_PLAIN_TEMPLATE, type PromptSettings } from '../tokenizer/prompt-format.ts';
import type { EngineReport } from '../engine/config.ts';
import { startNodeEngine } from './node-engine.ts';
import type { Option, Values } from './arguments.ts';
import { choiceOf, textOf } from './arguments.ts';
import { clearProgress, showProgress } from './run-command.ts';

export const DEFAULT_MODEL = 'idiolect-a';

export const modelOptions: Record<string, Option> = {
  model: {
    value: 'DIR|FILE.gguf',
    help: `model folder in Hugging Face layout, or a GGUF file (the embedded ${DEFAULT_MODEL})`,
  },
  precision: { value: 'as-stored|f32', help: 'how weights are held', default: 'as-stored' },
  engine: { value: 'auto|wasm|cpu', help: 'what computes', default: 'auto' },
  threads: { value: 'N', help: 'threads of the CPU engine (all)' },
  'plain-prompt': {
    value: 'TEXT',
    help: 'use this prompt with {question} in it instead of the chat template',
  },
};

export interface CommandLab {
  lab: OpenLab;
  engine: EngineReport;
  prompt: PromptSettings;
}

export async function openCommandLab(values: Values, trainable = false): Promise<CommandLab> {
  const engine = await startNodeEngine(
    textOf(values, 'engine') ?? 'auto',
    textOf(values, 'threads'),
  );
  const path = modelPath(textOf(values, 'model'));
  const precision = choiceOf(values, 'precision', ['as-stored', 'f32']);
  const lab = await openLab(await nodeModelFiles(path), {
    precision: engine.name === 'cpu' ? 'f32' : precision,
    trainable,
    maxTensorBytes: engine.maxTensorBytes,
    report: (done, total, name) => {
      showProgress(Math.round(done / 1e6), Math.round(total / 1e6), `MB ${name}`);
      return Promise.resolve();
    },
  });
  clearProgress();
  const plain = textOf(values, 'plain-prompt');
  return {
    lab,
    engine,
    prompt: {
      useChatTemplate: plain === undefined,
      plainTemplate: plain ?? DEFAULT_PLAIN_TEMPLATE,
    },
  };
}

/** The folder of an embedded model. */
export function embeddedPath(id: string): string {
  return fileURLToPath(new URL(`../../public/models/${id}`, import.meta.url));
}

function modelPath(given: string | undefined): string {
  const path = given ?? embeddedPath(DEFAULT_MODEL);
  if (!existsSync(path)) throw new DataError(`--model: there is no file or folder ${path}.`);
  return path;
}

/** An adapter folder in PEFT's layout, on the opened model. */
export async function openAdapter(lab: OpenLab, directory: string): Promise<LoraAdapter> {
  if (!existsSync(directory) || !statSync(directory).isDirectory()) {
    throw new DataError(`--adapter: there is no folder ${directory}.`);
  }
  const files = new Map<string, ByteSource>();
  for (const name of ['adapter_config.json', 'adapter_model.safetensors', 'adapter_model.bin']) {
    const path = `${directory}/${name}`;
    if (existsSync(path)) files.set(name, await nodeFileSource(path));
  }
  const { settings, values, notices } = await readPeftAdapter(files, lab.model);
  for (const notice of notices) process.stderr.write(`${notice}\n`);
  return adapterFromValues(lab.model, settings, values);
}
