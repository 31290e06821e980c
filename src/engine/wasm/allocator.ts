/**
 * Memory of the CPU engine: one WebAssembly.Memory, cut into blocks. A request gets the smallest
 * free block that holds it, and a freed block grows together with its free neighbors, so that one
 * model's memory serves the next one and lengths may change from step to step. Blocks start at
 * multiples of 64 bytes and are padded, so kernels may touch whole vectors past the end of a tensor.
 */
import { OutOfMemoryError } from '../../errors.ts';

const PAGE = 65536;
const ALIGN = 64;
/** The module's own data lies below this. */
const FIRST = PAGE;

interface Block {
  start: number;
  size: number;
}

export class Allocator {
  readonly memory: WebAssembly.Memory;
  /** Free blocks by address; no two of them touch. */
  readonly #free: Block[] = [];
  readonly #limit: number;
  /** Nothing was ever given away from here on. */
  #top = FIRST;
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
    const start = this.#takeFree(size) ?? this.#takeTop(size);
    this.#used += size;
    return start;
  }

  /** @param bytes what was asked for */
  free(start: number, bytes: number): void {
    const size = blockSize(bytes);
    this.#used -= size;
    const at = this.#firstBehind(start);
    const before = this.#free[at - 1];
    const behind = this.#free[at];
    const joinsBefore = before !== undefined && before.start + before.size === start;
    const joinsBehind = behind !== undefined && start + size === behind.start;
    if (joinsBefore) {
      before.size += size + (joinsBehind ? behind.size : 0);
      if (joinsBehind) this.#free.splice(at, 1);
    } else if (joinsBehind) {
      behind.start = start;
      behind.size += size;
    } else this.#free.splice(at, 0, { start, size });
  }

  /** Index of the first free block at a higher address. */
  #firstBehind(start: number): number {
    let low = 0;
    let high = this.#free.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#free[middle]!.start < start) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #takeFree(size: number): number | undefined {
    let best: Block | undefined;
    for (const block of this.#free) {
      if (block.size >= size && (best === undefined || block.size < best.size)) best = block;
    }
    if (best === undefined) return undefined;
    const { start } = best;
    if (best.size === size) this.#free.splice(this.#firstBehind(start), 1);
    else {
      best.start += size;
      best.size -= size;
    }
    return start;
  }

  /** From the end of what was ever used, together with the free block there. */
  #takeTop(size: number): number {
    const last = this.#free.at(-1);
    const joins = last !== undefined && last.start + last.size === this.#top;
    const start = joins ? last.start : this.#top;
    const end = start + size;
    if (end > this.reservedBytes) this.#grow(end, size);
    if (joins) this.#free.pop();
    this.#top = end;
    return start;
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
    throw new OutOfMemoryError(
      `The CPU engine needs ${Math.ceil(size / 1e6)} MB more than the ${Math.floor(this.#limit / 1e6)} MB it may use. Choose a smaller model, shorter answers or a smaller batch.`,
    );
  }
}

/** With at least one vector behind the last value. */
function blockSize(bytes: number): number {
  return Math.ceil((bytes + ALIGN) / ALIGN) * ALIGN;
}
