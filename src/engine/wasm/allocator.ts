/**
 * Memory of the CPU engine: one WebAssembly.Memory, cut into blocks of a few sizes that are used
 * again by equal requests. Blocks start at multiples of 64 bytes and are padded, so kernels may
 * touch whole vectors past the end of a tensor.
 */
import { OutOfMemoryError } from '../../errors.ts';

const PAGE = 65536;
const ALIGN = 64;
/** The module's own data lies below this. */
const FIRST = PAGE;

export class Allocator {
  readonly memory: WebAssembly.Memory;
  readonly #free = new Map<number, number[]>();
  readonly #limit: number;
  #next = FIRST;
  #used = 0;

  /** @param limit most bytes to grow to */
  constructor(memory: WebAssembly.Memory, limit: number) {
    this.memory = memory;
    this.#limit = limit;
  }

  /** Bytes in blocks that are in use. */
  get usedBytes(): number {
    return this.#used;
  }

  /** Bytes the memory has grown to. */
  get reservedBytes(): number {
    return this.memory.buffer.byteLength;
  }

  /** @throws OutOfMemoryError */
  allocate(bytes: number): number {
    const size = blockSize(bytes);
    this.#used += size;
    const pointer = this.#free.get(size)?.pop();
    if (pointer !== undefined) return pointer;
    const start = this.#next;
    const end = start + size;
    if (end > this.reservedBytes) this.#grow(end, size);
    this.#next = end;
    return start;
  }

  free(pointer: number, bytes: number): void {
    const size = blockSize(bytes);
    this.#used -= size;
    const list = this.#free.get(size);
    if (list) list.push(pointer);
    else this.#free.set(size, [pointer]);
  }

  #grow(end: number, size: number): void {
    // A quarter more than asked, so that growing stays rare; if that fails, just what is needed.
    const wanted = Math.min(this.#limit, Math.max(end, Math.floor(this.reservedBytes * 1.25)));
    for (const target of end > this.#limit ? [] : [wanted, end]) {
      try {
        this.memory.grow(Math.ceil((target - this.reservedBytes) / PAGE));
        return;
      } catch {
        // The engine or the system has no more.
      }
    }
    this.#used -= size;
    throw new OutOfMemoryError(
      `The CPU engine needs ${Math.ceil(size / 1e6)} MB more than the ${Math.floor(this.#limit / 1e6)} MB it may use. Choose a smaller model, shorter answers or a smaller batch.`,
    );
  }
}

/** Requests are rounded up to one of eight sizes per power of two. */
function blockSize(bytes: number): number {
  const padded = Math.max(ALIGN, bytes + ALIGN);
  const step = Math.max(ALIGN, 2 ** (Math.floor(Math.log2(padded)) - 3));
  return Math.ceil(padded / step) * step;
}
