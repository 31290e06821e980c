/** What all commands need first: an engine, and a model from a folder, a GGUF file, the hub or the embedded ones. */
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { embeddedModels } from '../../models/catalog.ts';
import type { modelOptions, promptOptions } from '../commands/shared-options.ts';
import type { ValuesOf } from '../commands/option.ts';
import { DataError, UsageError } from '../errors.ts';
import type { ByteSource } from '../storage/byte-source.ts';
import { createDiskStore } from '../storage/disk-store.ts';
import { HUB_URL } from '../storage/config.ts';
import { isHubId } from '../storage/hub-id.ts';
import { downloadHubModel, parseHubId } from '../storage/hub.ts';
import type { ModelFiles } from '../storage/model-files.ts';
import { Sha256 } from '../storage/sha256.ts';
import type { Notice } from '../notices.ts';
import type { OpenedWith } from '../workflows/measure/measure-record.ts';
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
  /** For the record of a measurement. */
  openedWith: OpenedWith;
  prompt: PromptSettings;
}

type ModelValues = ValuesOf<typeof modelOptions>;

export async function openCommandModel(
  values: ModelValues,
  trainable = false,
): Promise<CommandModel> {
  const engine = await startNodeEngine(values.engine, values.threads);
  const { precision } = values;
  const opened = await openModel(await commandModel(values), {
    precision: enginePrecision(engine, precision),
    trainable,
    maxTensorBytes: engine.maxTensorBytes,
    report: (done, total, name) => {
      showProgress(Math.round(done / 1e6), Math.round(total / 1e6), `MB ${name}`);
      return Promise.resolve();
    },
  });
  clearProgress();
  const prompt = promptOf(values);
  const notices = [
    ...opened.model.notices,
    ...opened.tokenizer.notices,
    ...createPromptFormat(opened.tokenizer, prompt).notices,
  ];
  const openedWith = { engine, precision, revision: opened.revision, notices };
  return { opened, engine, openedWith, prompt };
}

/** The chat template, unless a plain prompt is asked for. */
export function promptOf(values: ValuesOf<typeof promptOptions>): PromptSettings {
  const plain = values['plain-prompt'];
  return {
    useChatTemplate: plain === undefined && !values['no-chat-template'],
    plainTemplate: plain ?? DEFAULT_PLAIN_TEMPLATE,
  };
}

/** The folder of an embedded model. */
export function embeddedPath(id: string): string {
  return fileURLToPath(new URL(`../../public/models/${id}`, import.meta.url));
}

/** A path that is there, the id of an embedded model, or a model of the hub. */
async function commandModel({ model: given, revision, hub }: ModelValues): Promise<ModelFiles> {
  const embedded = embeddedModels.some(({ id }) => id === given);
  if (existsSync(given) || embedded) {
    if (revision !== undefined) {
      throw new UsageError(`--revision is for models of the hub; ${given} is on this computer.`);
    }
    return nodeModelFiles(existsSync(given) ? given : embeddedPath(given));
  }
  if (!isHubId(given)) {
    throw new DataError(`--model: there is no file or folder ${given}.`, [
      `The embedded models are ${embeddedModels.map(({ id }) => id).join(' and ')}; a model of the hub is owner/name or owner/name@revision.`,
    ]);
  }
  if (revision !== undefined && given.includes('@')) {
    throw new UsageError(`--model ${given} names a revision, and so does --revision ${revision}.`);
  }
  return hubModel(revision === undefined ? given : `${given}@${revision}`, hub);
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

export interface OpenedAdapter {
  applied: LoraAdapter;
  /** Its folder, as it was named. */
  name: string;
  /** Of adapter_config.json and the weights, one after the other. */
  sha256: string;
  notices: readonly Notice[];
}

/** An adapter folder in PEFT's layout, on the opened model. */
export async function openAdapter(opened: OpenModel, directory: string): Promise<OpenedAdapter> {
  if (!existsSync(directory) || !statSync(directory).isDirectory()) {
    throw new DataError(`--adapter: there is no folder ${directory}.`);
  }
  const files = new Map<string, ByteSource>();
  for (const name of ['adapter_config.json', 'adapter_model.safetensors', 'adapter_model.bin']) {
    const path = `${directory}/${name}`;
    if (existsSync(path)) files.set(name, await nodeFileSource(path));
  }
  const { settings, values, saved, notices } = await readPeftAdapter(files, opened.model);
  const hash = new Sha256();
  for (const file of files.values()) hash.update(await file.read(0, file.size));
  const applied = adapterFromValues(opened.model, settings, values, saved);
  return { applied, name: directory, sha256: hash.hex(), notices };
}
