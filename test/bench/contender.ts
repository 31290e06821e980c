/** What the bench asks of a contender; each has a file of its own in `contenders`. */
import type { ModelFiles } from '../../src/storage/model-files.ts';
import type { Workload } from './workloads.ts';

export type Engine = 'wasm' | 'cpu' | 'webgpu' | 'webgl' | 'native';

export interface Runner {
  /** One step, forward pass or decoding, its number (the loss; tokens made) read. */
  run(): Promise<number>;
  /** Tensors alive and bytes taken; only where a contender can tell. */
  memory?(): { tensors: number; bytes: number };
  dispose(): void | Promise<void>;
}

export interface Contender {
  /** Starts the engine; resolves with a word on what it runs on. */
  start(engine: Engine, place: Place): Promise<string>;
  /** @throws CannotRun when the workload is not possible here */
  prepare(workload: Workload, place: Place): Promise<Runner>;
}

/** What differs between a browser's worker and Node. */
export interface Place {
  embeddedModel(): Promise<ModelFiles>;
  /** Address of a file below node_modules. */
  packageFile(path: string): string;
  registerStockGradients(): Promise<void>;
}

/** A reason, in plain words, why a contender sits a workload out. */
export class CannotRun extends Error {}

/** Counts of one run; what an engine does not have is left out. */
export type Counts = Record<string, number>;

export interface Prepared {
  /** What it runs on. */
  device: string;
  /** The numbers of the warm-up runs: losses, compared between contenders. */
  numbers: number[];
}

/** One run. */
export interface Run {
  milliseconds: number;
  number: number;
  counts: Counts;
}

export interface Soaked {
  /** Slopes of tensors and bytes after the first 50 steps. */
  counts: Counts;
  /** Milliseconds of every step. */
  times: number[];
}

/** A contender at work somewhere: a page's worker, a Node process, a Python process. */
export interface Host {
  /** Makes a workload ready and runs it `warmUps` times, fewer if that takes long. */
  prepare(workload: Workload, warmUps: number): Promise<Prepared>;
  run(): Promise<Run>;
  /** At most so many steps in at most so many seconds. */
  soak(steps: number, seconds: number): Promise<Soaked>;
  close(): Promise<void>;
}

export const contenderNames = ['idiolect', 'stock-tfjs', 'jax-js', 'nanogpt', 'pytorch'] as const;
export type ContenderName = (typeof contenderNames)[number];

/** The entries of the bench: who runs on what, where. */
export interface Entry {
  contender: ContenderName;
  engine: Engine;
  where: 'chromium' | 'node' | 'python';
}

export const entries: readonly Entry[] = [
  { contender: 'idiolect', engine: 'wasm', where: 'node' },
  { contender: 'idiolect', engine: 'wasm', where: 'chromium' },
  { contender: 'idiolect', engine: 'cpu', where: 'node' },
  { contender: 'idiolect', engine: 'webgpu', where: 'chromium' },
  { contender: 'stock-tfjs', engine: 'wasm', where: 'node' },
  { contender: 'stock-tfjs', engine: 'wasm', where: 'chromium' },
  { contender: 'stock-tfjs', engine: 'cpu', where: 'node' },
  { contender: 'stock-tfjs', engine: 'webgpu', where: 'chromium' },
  { contender: 'jax-js', engine: 'wasm', where: 'node' },
  { contender: 'jax-js', engine: 'wasm', where: 'chromium' },
  { contender: 'jax-js', engine: 'webgpu', where: 'chromium' },
  { contender: 'nanogpt', engine: 'webgl', where: 'chromium' },
  { contender: 'nanogpt', engine: 'webgpu', where: 'chromium' },
  { contender: 'pytorch', engine: 'native', where: 'python' },
];

export function entryName({ contender, engine, where }: Entry): string {
  return `${contender} ${engine} ${where}`;
}
