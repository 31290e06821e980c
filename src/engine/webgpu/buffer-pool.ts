/**
 * GPU buffers by size and use, kept for the next taker, who may come before the commands that used
 * them are submitted: these run in order. tfjs's own pool never gives anything back:
 * with batches of many lengths it grows for ever, and it finds a buffer by linear search. This one
 * never lets allocated memory pass a margin over the most that was ever in use at one time; the
 * buffers that lay unused the longest go first.
 */
import type { BufferSource } from './tfjs-stream.ts';

/** Allocated may be this many times the peak in use: room to keep buffers of a few shapes. */
const MARGIN = 1 + 1 / 32;
/** Below this nothing is destroyed. */
const FREE_BYTES = 16 * 2 ** 20;

interface Idle {
  buffer: GPUBuffer;
  key: string;
  /** Submissions made when it was given back. */
  submissions: number;
}

export class BufferPool implements BufferSource {
  numBytesUsed = 0;
  numBytesAllocated = 0;
  #peakBytesUsed = 0;
  readonly #device: Pick<GPUDevice, 'createBuffer'>;
  readonly #used = new Map<GPUBuffer, number>();
  /** Idle buffers by key, newest last. */
  readonly #idleByKey = new Map<string, Idle[]>();
  /** All idle buffers in the order they were given back. */
  readonly #idle = new Set<Idle>();
  /** To be destroyed after the next submission: recorded commands may still use them. */
  readonly #doomed = new Map<GPUBuffer, number>();
  #doomedBytes = 0;
  #submissions = 0;

  constructor(device: Pick<GPUDevice, 'createBuffer'>) {
    this.#device = device;
  }

  /** @param reuse false: always a new buffer, as a mapped one must be */
  acquireBuffer(size: number, usage: number, mappedAtCreation = false, reuse = true): GPUBuffer {
    const buffer =
      (reuse && this.#takeIdle(keyOf(size, usage))) || this.#create(size, usage, mappedAtCreation);
    this.#used.set(buffer, size);
    this.numBytesUsed += size;
    this.#peakBytesUsed = Math.max(this.#peakBytesUsed, this.numBytesUsed);
    return buffer;
  }

  /** @param reuse false: the buffer is destroyed */
  releaseBuffer(buffer: GPUBuffer, reuse = true): void {
    const size = this.#used.get(buffer);
    // A backend that was disposed of lets go of its tensors later.
    if (size === undefined) return;
    this.#used.delete(buffer);
    this.numBytesUsed -= size;
    if (!reuse) {
      this.#doom(buffer, size);
      return;
    }
    const idle = { buffer, key: keyOf(size, buffer.usage), submissions: this.#submissions };
    this.#idle.add(idle);
    const same = this.#idleByKey.get(idle.key);
    if (same) same.push(idle);
    else this.#idleByKey.set(idle.key, [idle]);
  }

  /** Called after a submission. */
  submitted(): void {
    this.#submissions++;
    for (const [buffer, size] of this.#doomed) this.#destroy(buffer, size);
    this.#doomed.clear();
    this.#doomedBytes = 0;
  }

  /** Destroys every idle buffer and forgets the peak: after a model or a batch shape is done with. */
  trim(): void {
    this.#shrinkTo(0);
    this.#peakBytesUsed = this.numBytesUsed;
  }

  getNumUsedBuffers(): number {
    return this.#used.size;
  }

  getNumFreeBuffers(): number {
    return this.#idle.size;
  }

  dispose(): void {
    for (const [buffer, size] of this.#used) this.#doom(buffer, size);
    this.#used.clear();
    this.numBytesUsed = 0;
    this.#shrinkTo(0);
    this.submitted();
  }

  #takeIdle(key: string): GPUBuffer | undefined {
    const idle = this.#idleByKey.get(key)?.pop();
    if (!idle) return undefined;
    this.#idle.delete(idle);
    return idle.buffer;
  }

  #create(size: number, usage: number, mappedAtCreation: boolean): GPUBuffer {
    const peak = Math.max(this.#peakBytesUsed, this.numBytesUsed + size);
    this.#shrinkTo(Math.max(FREE_BYTES, MARGIN * peak) - size);
    this.numBytesAllocated += size;
    return this.#device.createBuffer({ size, usage, mappedAtCreation });
  }

  /** Destroys idle buffers, longest idle first, until no more than `bytes` are allocated. */
  #shrinkTo(bytes: number): void {
    for (const idle of this.#idle) {
      if (this.numBytesAllocated - this.#doomedBytes <= bytes) return;
      this.#idle.delete(idle);
      const same = this.#idleByKey.get(idle.key)!;
      same.splice(same.indexOf(idle), 1);
      if (same.length === 0) this.#idleByKey.delete(idle.key);
      const { buffer, submissions } = idle;
      if (submissions < this.#submissions) this.#destroy(buffer, buffer.size);
      else this.#doom(buffer, buffer.size);
    }
  }

  #doom(buffer: GPUBuffer, size: number): void {
    this.#doomed.set(buffer, size);
    this.#doomedBytes += size;
  }

  #destroy(buffer: GPUBuffer, size: number): void {
    buffer.destroy();
    this.numBytesAllocated -= size;
  }
}

function keyOf(size: number, usage: number): string {
  return `${size} ${usage}`;
}
