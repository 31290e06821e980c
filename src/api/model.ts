/** Starting an engine, and opening a model on it. */
import { modelFilesAt } from '#platform';
import type { Precision } from '../../models/precision.ts';
import type { EngineName, EngineReport } from '../engine/config.ts';
import { UsageError } from '../errors.ts';
import { filesOfInput, groupDroppedFiles } from '../storage/dropped-files.ts';
import type { ModelFiles } from '../storage/model-files.ts';
import {
  enginePrecision,
  openModel as openFiles,
  type OpenModel,
} from '../workflows/open/open-model.ts';
import { startEngine as startAnyEngine } from '../workflows/open/start-engine.ts';

let engine: EngineReport | undefined;

export interface EngineOptions {
  /** Threads of the CPU engine; all cores when absent. */
  threads?: number;
}

/**
 * Starts what models compute on: WebGPU where there is a real graphics processor, else WebAssembly
 * with SIMD, else plain JavaScript. One engine runs at a time, for all models.
 * @param name an engine by name instead of the best one
 * @throws GpuUnavailableError when the named engine cannot start here
 */
export async function startEngine(
  name: EngineName | 'auto' = 'auto',
  { threads }: EngineOptions = {},
): Promise<EngineReport> {
  const notes = new Map<string, string>();
  engine = await startAnyEngine({
    preferred: name,
    threads,
    variants: {
      read: (key) => Promise.resolve(notes.get(key)),
      write: (key, text) => {
        notes.set(key, text);
        return Promise.resolve();
      },
    },
  });
  return engine;
}

/** The engine that runs. @throws UsageError before one was started */
export function runningEngine(): EngineReport {
  if (!engine) throw new UsageError('No engine is running: await startEngine() first.');
  return engine;
}

export interface OpenOptions {
  /** How the frozen weights are held; int8 is half the size of 16 bit and rounds. */
  precision?: Precision;
  /** Called with bytes read, bytes in all and the file's name. */
  onProgress?: (done: number, total: number, file: string) => void;
}

/**
 * Opens a causal language model. Free its memory with `model.dispose()`.
 * @param from an address or path of a folder in Hugging Face layout (in Node also a .gguf file),
 *   owner/name[@revision] on the hub, or files that a person chose
 * @throws ModelFileError, UnsupportedModelError, DownloadError; nothing stays allocated then
 */
export async function openModel(
  from: string | Iterable<File> | ModelFiles,
  { precision = 'as-stored', onProgress }: OpenOptions = {},
): Promise<OpenModel> {
  const { maxTensorBytes } = runningEngine();
  return openFiles(await filesOf(from), {
    precision: enginePrecision(runningEngine(), precision),
    trainable: false,
    maxTensorBytes,
    report: (done, total, file) => {
      onProgress?.(done, total, file);
      return Promise.resolve();
    },
  });
}

async function filesOf(from: string | Iterable<File> | ModelFiles): Promise<ModelFiles> {
  if (typeof from === 'string') return modelFilesAt(from);
  if ('files' in from) return from;
  const groups = groupDroppedFiles(filesOfInput(from));
  const model = groups.find(({ kind }) => kind === 'model' || kind === 'gguf') ?? groups[0];
  if (!model) throw new UsageError('openModel: no file was given.');
  return model;
}
