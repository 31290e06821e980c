/** Blocks of the CPU engine's memory: never shared, joined again, and an end that is said in words. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Allocator } from '../../../src/engine/wasm/allocator.ts';
import { OutOfMemoryError } from '../../../src/errors.ts';

const PAGE = 65536;
const allocatorOf = (pages: number) =>
  new Allocator(new WebAssembly.Memory({ initial: 2, maximum: pages }), pages * PAGE);

describe('the allocator', () => {
  it('gives aligned blocks with a vector to spare that never overlap', () => {
    const requests = fc.array(fc.record({ bytes: fc.nat(5000), free: fc.nat(20) }), {
      maxLength: 80,
    });
    fc.assert(
      fc.property(requests, (steps) => {
        const allocator = allocatorOf(64);
        const live: { start: number; bytes: number }[] = [];
        for (const { bytes, free } of steps) {
          const start = allocator.allocate(bytes);
          expect(start % 64).toBe(0);
          for (const other of live) {
            const apart =
              start + bytes + 16 <= other.start || other.start + other.bytes + 16 <= start;
            expect(apart).toBe(true);
          }
          live.push({ start, bytes });
          const [gone] = free < live.length ? live.splice(free, 1) : [];
          if (gone) allocator.free(gone.start, gone.bytes);
        }
        for (const { start, bytes } of live) allocator.free(start, bytes);
        expect(allocator.usedBytes).toBe(0);
      }),
    );
  });

  it('joins what is free, so that other sizes fit where these have been', () => {
    const allocator = allocatorOf(64);
    const small = Array.from({ length: 30 }, () => allocator.allocate(50_000));
    const reserved = allocator.reservedBytes;
    // Every second one first, so that each of the others joins two free neighbors.
    for (const odd of [1, 0]) {
      small.filter((_, i) => i % 2 === odd).forEach((start) => allocator.free(start, 50_000));
    }
    expect(allocator.allocate(30 * 50_000)).toBe(small[0]);
    expect(allocator.reservedBytes).toBe(reserved);
  });

  it('ends in an OutOfMemoryError that leaves the books straight', () => {
    const allocator = allocatorOf(16);
    const kept = allocator.allocate(100_000);
    const used = allocator.usedBytes;
    expect(() => allocator.allocate(2_000_000)).toThrow(OutOfMemoryError);
    expect(() => allocator.allocate(2_000_000)).toThrow(/smaller model/);
    expect(allocator.usedBytes).toBe(used);
    allocator.free(kept, 100_000);
    expect(allocator.usedBytes).toBe(0);
    expect(allocator.allocate(100_000)).toBe(kept);
  });
});
