/** Starting the CPU engine: which build, how many threads, and registering it with tfjs. */
import '@tensorflow/tfjs-backend-cpu';
import { backend, registerBackend, setBackend } from '@tensorflow/tfjs-core';
import { GpuUnavailableError } from '../../errors.ts';
import type { EngineReport } from '../config.ts';
import { WasmBackend } from './backend.ts';
import { hasRelaxedSimd, isNode, loadKernels } from './module.ts';
import { registerStockKernels } from './stock-kernels.ts';

export const WASM = 'wasm';

export interface WasmEngineOptions {
  /** Threads wished for; all cores when absent. */
  threads?: number | undefined;
  /** False: the build without fused multiply-add, even where relaxed SIMD is there. */
  relaxed?: boolean;
  /** False: memory that no other thread can see. */
  shared?: boolean;
}

const PAGE = 65536;
const MAX_THREADS = 16;
/** Address space asked for, in pages, until the browser grants it: small devices refuse 4 GiB. */
const MAX_PAGES = [65536, 32768, 16384, 8192];

/** The active CPU engine; our kernels ask for it. */
export function wasmBackend(): WasmBackend {
  return backend() as unknown as WasmBackend;
}

/**
 * Starts the engine and makes it tfjs's backend. Ops must be registered by the caller.
 * @throws GpuUnavailableError when WebAssembly with SIMD is not there
 */
export async function startWasmEngine(options: WasmEngineOptions = {}): Promise<EngineReport> {
  const reasons: string[] = [];
  const relaxed = options.relaxed ?? hasRelaxedSimd();
  const canShare =
    isNode() || (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated === true;
  const cores = await coreCount();
  let threads = Math.max(1, Math.min(MAX_THREADS, options.threads ?? cores));
  // A page's own thread may not wait for others; a worker may.
  const mayWait = isNode() || !('document' in globalThis);
  const shared = (options.shared ?? true) && canShare && mayWait;
  if (!mayWait && threads > 1) {
    threads = 1;
    reasons.push('One thread only: the engine was started on the page itself, not in a worker.');
  }
  if (!shared && threads > 1) {
    threads = 1;
    reasons.push(
      'One thread only: the page was not served with the headers that let threads share memory.',
    );
  }
  let created: WasmBackend;
  let limitBytes: number;
  try {
    const kernels = await loadKernels(shared, relaxed);
    const { memory, pages } = reserveMemory(shared);
    limitBytes = (pages - 1) * PAGE;
    const start = (count: number) =>
      WasmBackend.create({ kernels, memory, threads: count, limitBytes });
    try {
      created = await start(threads);
    } catch (cause) {
      if (threads === 1) throw cause;
      threads = 1;
      reasons.push(`One thread only: ${messageOf(cause)}.`);
      created = await start(1);
    }
  } catch (cause) {
    throw new GpuUnavailableError(`The CPU engine could not start: ${messageOf(cause)}.`, [], {
      cause,
    });
  }
  registerBackend(WASM, () => created, 2);
  registerStockKernels(WASM);
  if (!(await setBackend(WASM))) {
    throw new GpuUnavailableError('The CPU engine could not start: it was refused as a backend.');
  }
  const simd = relaxed ? 'SIMD with fused multiply-add' : 'SIMD';
  return {
    name: WASM,
    device: `WebAssembly, ${threads === 1 ? 'one thread' : `${threads} threads`}, ${simd}`,
    reasons,
    maxTensorBytes: Math.min(2 ** 31 - PAGE, limitBytes),
    memoryBytes: limitBytes,
    threads,
    features: [relaxed ? 'relaxed-simd' : 'simd', ...(shared ? ['shared-memory'] : [])],
  };
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** Memory that may grow to as much as is granted; what it grows to is decided later. */
function reserveMemory(shared: boolean): { memory: WebAssembly.Memory; pages: number } {
  let refusal: unknown;
  for (const pages of MAX_PAGES) {
    try {
      const limits = { initial: 16, maximum: pages };
      return { memory: new WebAssembly.Memory(shared ? { ...limits, shared } : limits), pages };
    } catch (cause) {
      refusal = cause;
    }
  }
  throw refusal;
}

async function coreCount(): Promise<number> {
  if (!isNode()) return navigator.hardwareConcurrency || 1;
  const { availableParallelism } = (await import(/* @vite-ignore */ 'node:' + 'os')) as {
    availableParallelism: () => number;
  };
  return availableParallelism();
}
