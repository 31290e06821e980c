/** What all commands need first: an engine, and a model from a folder, a GGUF file, the hub or the embedded ones. */
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { embeddedModels } from '../../models/catalog.ts';
import type { modelOptions } from '../commands/shared-options.ts';
import type { ValuesOf } from '../commands/option.ts';
import { DataError } from '../errors.ts';
import type { ByteSource } from '../storage/byte-source.ts';
import { createDiskStore } from '../storage/disk-store.ts';
import { HUB_URL } from '../storage/config.ts';
import { isHubId } from '../storage/hub-id.ts';
import { downloadHubModel, parseHubId } from '../storage/hub.ts';
import type { ModelFiles } from '../storage/model-files.ts';
import { nodeFileSource, nodeModelFiles } from '../storage/node-file.ts';
import { readPeftAdapter } from '../exchange/peft-read.ts';
import { adapterFromValues, type LoraAdapter } from '../lora/adapter.ts';
import { enginePrecision, openModel, type OpenModel } from '../workflows/open/open-model.ts';
import {
  createPromptFormat,
  DEFAULT_PLAIN_TEMPLATE,
  type PromptSettings,
} from '../tokenizer/prompt-format.ts';
import type { EngineReport } from '../engine/config.ts';
import { cacheFolder } from './cache-folder.ts';
import { startNodeEngine } from './node-engine.ts';
import { printNotices } from './print-notices.ts';
import { clearProgress, duration, showProgress } from './run-command.ts';

export interface CommandModel {
  opened: OpenModel;
  engine: EngineReport;
  prompt: PromptSettings;
}

type ModelValues = ValuesOf<typeof modelOptions>;

export async function openCommandModel(
  values: ModelValues,
  trainable = false,
): Promise<CommandModel> {
  const engine = await startNodeEngine(values.engine, values.threads);
  const opened = await openModel(await commandModel(values), {
    precision: enginePrecision(engine, values.precision),
    trainable,
    maxTensorBytes: engine.maxTensorBytes,
    report: (done, total, name) => {
      showProgress(Math.round(done / 1e6), Math.round(total / 1e6), `MB ${name}`);
      return Promise.resolve();
    },
  });
  clearProgress();
  const plain = values['plain-prompt'];
  const prompt = {
    useChatTemplate: plain === undefined,
    plainTemplate: plain ?? DEFAULT_PLAIN_TEMPLATE,
  };
  printNotices([
    ...opened.model.notices,
    ...opened.tokenizer.notices,
    ...createPromptFormat(opened.tokenizer, prompt).notices,
  ]);
  return { opened, engine, prompt };
}

/** The folder of an embedded model. */
export function embeddedPath(id: string): string {
  return fileURLToPath(new URL(`../../public/models/${id}`, import.meta.url));
}

/** A path that is there, the id of an embedded model, or a model of the hub. */
async function commandModel({ model: given, hub }: ModelValues): Promise<ModelFiles> {
  if (existsSync(given)) return nodeModelFiles(given);
  if (embeddedModels.some(({ id }) => id === given)) {
    return nodeModelFiles(embeddedPath(given));
  }
  if (!isHubId(given)) {
    throw new DataError(`--model: there is no file or folder ${given}.`, [
      `The embedded models are ${embeddedModels.map(({ id }) => id).join(' and ')}; a model of the hub is owner/name or owner/name@revision.`,
    ]);
  }
  return hubModel(given, hub);
}

/** A model of the hub, downloaded or from the cache. */
export async function hubModel(id: string, hub: string | undefined): Promise<ModelFiles> {
  const files = await downloadHubModel(parseHubId(id), {
    store: createDiskStore(cacheFolder()),
    baseUrl: hub ?? process.env['HF_ENDPOINT'] ?? HUB_URL,
    onNotice: (notice) => printNotices([notice]),
    onProgress: ({ file, bytesDone, bytesTotal, bytesPerSecond, secondsLeft }) => {
      const speed = `MB ${file}, ${(bytesPerSecond / 1e6).toFixed(1)} MB/s, ${duration(secondsLeft)} left`;
      showProgress(Math.round(bytesDone / 1e6), Math.round(bytesTotal / 1e6), speed);
    },
  });
  clearProgress();
  return files;
}

/** An adapter folder in PEFT's layout, on the opened model. */
export async function openAdapter(opened: OpenModel, directory: string): Promise<LoraAdapter> {
  if (!existsSync(directory) || !statSync(directory).isDirectory()) {
    throw new DataError(`--adapter: there is no folder ${directory}.`);
  }
  const files = new Map<string, ByteSource>();
  for (const name of ['adapter_config.json', 'adapter_model.safetensors', 'adapter_model.bin']) {
    const path = `${directory}/${name}`;
    if (existsSync(path)) files.set(name, await nodeFileSource(path));
  }
  const { settings, values, saved, notices } = await readPeftAdapter(files, opened.model);
  printNotices(notices);
  return adapterFromValues(opened.model, settings, values, saved);
}
