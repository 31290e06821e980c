/**
 * The CPU engine: a tfjs backend whose tensors live in one WebAssembly memory, where kernels of our
 * own work on them with SIMD and on all cores. Ops without such a kernel run tfjs's plain
 * JavaScript ones on views of the same memory.
 */
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { DataType, TensorInfo, TypedArray } from '@tensorflow/tfjs-core';
import { HelperLostError } from '../../errors.ts';
import { Allocator } from './allocator.ts';
import type { KernelModule } from './module.ts';
import { startThreads, type ThreadPool } from './threads.ts';

type Exports = Record<string, (...args: number[]) => void>;
type Values = TypedArray | Uint8Array[];

/** Below this much work (roughly, multiply-adds) a second thread costs more than it saves. */
const WORTH_SHARING = 60_000;
/** From here on there are more parts than threads, so that a slow or busy core holds up little. */
const WORTH_DIVIDING = 1_000_000;

/** A tensor's values: where they came from, or in the engine's memory once a kernel needs them. */
class Placed {
  readonly dtype: DataType;
  refCount: number;
  pointer: number | undefined;
  bytes = 0;
  #outside: Values | undefined;
  readonly #memory: WebAssembly.Memory;

  constructor(
    memory: WebAssembly.Memory,
    values: Values | undefined,
    dtype: DataType,
    refCount: number,
  ) {
    this.#memory = memory;
    this.#outside = values;
    this.dtype = dtype;
    this.refCount = refCount;
  }

  /** A fresh view each time: growing the memory ends the old ones. */
  get values(): Values | undefined {
    if (this.pointer === undefined) return this.#outside;
    return this.dtype === 'int32'
      ? new Int32Array(this.#memory.buffer, this.pointer, this.bytes / 4)
      : new Float32Array(this.#memory.buffer, this.pointer, this.bytes / 4);
  }

  set values(values: Values | undefined) {
    this.#outside = values;
  }

  moveTo(pointer: number, bytes: number): void {
    const outside = this.#outside as TypedArray | undefined;
    this.pointer = pointer;
    this.bytes = bytes;
    this.#outside = undefined;
    if (outside) (this.values as TypedArray).set(outside);
  }
}

export interface WasmBackendOptions {
  kernels: KernelModule;
  memory: WebAssembly.Memory;
  threads: number;
  /** Most bytes the memory may grow to. */
  limitBytes: number;
}

export class WasmBackend extends MathBackendCPU {
  readonly allocator: Allocator;
  readonly #exports: Exports;
  readonly #names: readonly string[];
  readonly #indices: ReadonlyMap<string, number>;
  #pool: ThreadPool | undefined;
  #scratch = 0;
  #scratchBytes = 0;
  /** Of it, what each thread has for itself. */
  #stride = 0;
  #nextId = 0;

  private constructor(exports: Exports, allocator: Allocator) {
    super();
    this.#exports = exports;
    this.allocator = allocator;
    this.#names = Object.keys(exports).filter((name) => typeof exports[name] === 'function');
    this.#indices = new Map(this.#names.map((name, i) => [name, i]));
  }

  static async create(options: WasmBackendOptions): Promise<WasmBackend> {
    const { kernels, memory, threads, limitBytes } = options;
    const instance = await WebAssembly.instantiate(kernels.module, {
      env: {
        memory,
        abort: () => {
          throw new Error('A kernel aborted.');
        },
      },
    });
    const exports = instance.exports as unknown as Exports;
    const backend = new WasmBackend(exports, new Allocator(memory, limitBytes));
    if (threads > 1) {
      backend.#pool = await startThreads(kernels, memory, exports, backend.#names, threads);
    }
    return backend;
  }

  get threads(): number {
    return this.#pool?.size ?? 1;
  }

  /** Byte address of a tensor's values, moved into the engine's memory if they are not there. */
  pointer({ dataId }: TensorInfo): number {
    const record = this.#record(dataId);
    if (record.pointer === undefined) {
      const { length } = record.values as TypedArray;
      const bytes = length * 4;
      record.moveTo(this.allocator.allocate(bytes), bytes);
    }
    return record.pointer!;
  }

  /** A new tensor with undefined contents. */
  output(shape: number[], dtype: 'float32' | 'int32' = 'float32'): TensorInfo {
    const bytes = 4 * shape.reduce((a, b) => a * b, 1);
    const dataId = { id: this.#nextId++ };
    const record = new Placed(this.allocator.memory, undefined, dtype, 1);
    record.moveTo(this.allocator.allocate(bytes), bytes);
    this.data.set(dataId, record as never);
    return { dataId, shape, dtype };
  }

  /** Memory for the length of one call. */
  withTemporary<Result>(bytes: number, use: (pointer: number) => Result): Result {
    const pointer = this.allocator.allocate(bytes);
    try {
      return use(pointer);
    } finally {
      this.allocator.free(pointer, bytes);
    }
  }

  /**
   * Runs a kernel.
   * @param work multiply-adds or so, to judge whether threads are worth it
   * @param scratchBytes memory each thread needs for itself
   */
  run(name: string, args: readonly number[], work: number, scratchBytes = 0): void {
    if (scratchBytes > this.#stride) this.#growScratch(scratchBytes);
    if (!this.#pool || work < WORTH_SHARING) {
      this.#exports[name]!(...args, 0, 1, this.#scratch);
      return;
    }
    const kernel = this.#indices.get(name)!;
    const parts = this.threads * (work < WORTH_DIVIDING ? 1 : 2);
    try {
      this.#pool.run({ kernel, args, parts, scratch: this.#scratch, stride: this.#stride });
    } catch (error) {
      // What is left of the pool is ended; whoever tries again gets one thread.
      if (error instanceof HelperLostError) this.#endThreads();
      throw error;
    }
  }

  /** By the names of tfjs's graphics backends: bytes in use, and taken from the machine. */
  override memory(): { unreliable: boolean; reasons: string[] } {
    const { usedBytes, reservedBytes } = this.allocator;
    const bytes = { numBytesInGPU: usedBytes, numBytesAllocatedInGPU: reservedBytes };
    return { unreliable: false, reasons: [], ...bytes };
  }

  #endThreads(): void {
    this.#pool?.terminate();
    this.#pool = undefined;
  }

  #growScratch(bytes: number): void {
    const stride = Math.ceil(bytes / 4096) * 4096;
    const all = stride * this.threads;
    if (this.#scratchBytes > 0) this.allocator.free(this.#scratch, this.#scratchBytes);
    // Nothing is held should the allocation fail.
    this.#scratchBytes = this.#stride = 0;
    this.#scratch = this.allocator.allocate(all);
    this.#scratchBytes = all;
    this.#stride = stride;
  }

  #record(dataId: object): Placed {
    return this.data.get(dataId) as unknown as Placed;
  }

  override write(values: Values, _shape: number[], dtype: DataType): { id: number } {
    const dataId = { id: this.#nextId++ };
    this.data.set(dataId, new Placed(this.allocator.memory, values, dtype, 1) as never);
    return dataId;
  }

  override move(
    dataId: object,
    values: Values,
    _shape: number[],
    dtype: DataType,
    refCount: number,
  ): void {
    this.data.set(dataId, new Placed(this.allocator.memory, values, dtype, refCount) as never);
  }

  /** A copy, since the memory behind a view is given to other tensors later. */
  override readSync(dataId: object): ReturnType<MathBackendCPU['readSync']> {
    const values = super.readSync(dataId);
    return this.#record(dataId).pointer === undefined ? values : (values as Float32Array).slice();
  }

  override disposeData(dataId: object, force = false): boolean {
    const record = this.data.has(dataId) ? this.#record(dataId) : undefined;
    const disposed = super.disposeData(dataId, force);
    if (record?.pointer !== undefined && !this.data.has(dataId)) {
      this.allocator.free(record.pointer, record.bytes);
      record.pointer = undefined;
    }
    return disposed;
  }

  override dispose(): void {
    this.#endThreads();
  }
}
