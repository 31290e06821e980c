import { beforeEach, describe, expect, it } from 'vitest';
import { BufferPool } from '../../../src/engine/webgpu/buffer-pool.ts';
import { createRandom } from '../../../src/random.ts';

const MIB = 2 ** 20;
const USAGE = 128;

/** Buffers that know only whether they were destroyed. */
class FakeDevice {
  readonly alive = new Set<object>();
  created = 0;
  createBuffer({ size, usage }: GPUBufferDescriptor): GPUBuffer {
    const buffer = { size, usage, destroy: () => this.alive.delete(buffer) };
    this.alive.add(buffer);
    this.created++;
    return buffer as unknown as GPUBuffer;
  }
  get bytes(): number {
    return [...this.alive].reduce((sum, buffer) => sum + (buffer as GPUBuffer).size, 0);
  }
}

let device: FakeDevice;
let pool: BufferPool;
beforeEach(() => {
  device = new FakeDevice();
  pool = new BufferPool(device);
});

describe('the buffer pool', () => {
  it('hands a buffer of the same size and use out again', () => {
    const first = pool.acquireBuffer(MIB, USAGE);
    pool.releaseBuffer(first);
    expect(pool.acquireBuffer(MIB, USAGE)).toBe(first);
    expect(pool.acquireBuffer(MIB, USAGE + 1)).not.toBe(first);
    expect(device.created).toBe(2);
  });

  it('never holds much more than the most in use, whatever sizes come', () => {
    const random = createRandom(1);
    let peak = 0;
    for (let step = 0; step < 60; step++) {
      const buffers = Array.from({ length: 8 }, () =>
        pool.acquireBuffer((1 + random.integer(400)) * 16 * 1024, USAGE),
      );
      peak = Math.max(peak, pool.numBytesUsed);
      expect(pool.numBytesAllocated).toBe(device.bytes);
      expect(device.bytes).toBeLessThanOrEqual(Math.max(16 * MIB, (1 + 1 / 32) * peak));
      for (const buffer of buffers) pool.releaseBuffer(buffer);
      pool.submitted();
    }
    expect(pool.numBytesUsed).toBe(0);
  });

  it('destroys what lay unused the longest first', () => {
    const [old, recent] = [pool.acquireBuffer(20 * MIB, 1), pool.acquireBuffer(20 * MIB, 2)];
    pool.releaseBuffer(old);
    pool.releaseBuffer(recent);
    pool.submitted();
    pool.acquireBuffer(20 * MIB, 3);
    expect(device.alive.has(old)).toBe(false);
    expect(device.alive.has(recent)).toBe(true);
  });

  it('destroys nothing that commands not yet submitted may use', () => {
    const recorded = pool.acquireBuffer(20 * MIB, 1);
    pool.releaseBuffer(recorded);
    pool.acquireBuffer(20 * MIB, 2);
    expect(device.alive.has(recorded)).toBe(true);
    expect(pool.numBytesAllocated).toBe(40 * MIB);
    pool.submitted();
    expect(device.alive.has(recorded)).toBe(false);
    expect(pool.numBytesAllocated).toBe(20 * MIB);
  });

  it('gives all idle memory back when trimmed and keeps what is in use', () => {
    const kept = pool.acquireBuffer(MIB, USAGE);
    pool.releaseBuffer(pool.acquireBuffer(8 * MIB, USAGE));
    pool.trim();
    pool.submitted();
    expect(pool.numBytesAllocated).toBe(MIB);
    expect(device.alive.has(kept)).toBe(true);
  });

  it('does not keep a buffer that may not be used again', () => {
    pool.releaseBuffer(pool.acquireBuffer(MIB, USAGE, true, false), false);
    pool.submitted();
    expect(device.alive.size).toBe(0);
    expect(pool.numBytesAllocated).toBe(0);
  });
});
