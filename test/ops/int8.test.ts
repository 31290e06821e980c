/** Rounding to 8 bits: the layout, the bound of the error, and what does not fit. */
import '@tensorflow/tfjs-backend-cpu';
import { memory, setBackend } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  BLOCK_VALUES,
  BLOCK_WORDS,
  dequantizeInt8,
  int8RowValues,
  quantizeInt8,
} from '../../src/ops/int8.ts';
import { registerOps } from '../../src/ops/register.ts';
import { disposeWeight, uploadWeight } from '../../src/ops/weight.ts';
import { widen } from '../../src/ops/widen/widen.ts';

/** What is read back, without the zeros that fill rows. */
function readBack(values: Float32Array, columns: number): number[] {
  const wide = dequantizeInt8(quantizeInt8(values, columns));
  const width = int8RowValues(columns);
  return [...values.keys()].map((i) => wide[Math.floor(i / columns) * width + (i % columns)]!);
}

describe('int8', () => {
  it('is off by at most half a step of the block', () => {
    const edge = Math.fround(1e30);
    const float = fc.float({ noNaN: true, min: -edge, max: edge });
    const matrix = fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 150 }))
      .chain(([rows, columns]) =>
        fc.record({
          columns: fc.constant(columns),
          values: fc.array(float, { minLength: rows * columns, maxLength: rows * columns }),
        }),
      );
    fc.assert(
      fc.property(matrix, ({ columns, values }) => {
        const read = readBack(Float32Array.from(values), columns);
        for (let i = 0; i < values.length; i++) {
          const from = i - ((i % columns) % BLOCK_VALUES);
          const to = Math.min(from + BLOCK_VALUES, i - (i % columns) + columns);
          const largest = Math.max(...values.slice(from, to).map(Math.abs));
          // Half a step, what rounding the product costs, and the least step of float32.
          const bound = (largest / 127) * 0.5001 + 1e-43;
          expect(Math.abs(read[i]! - values[i]!)).toBeLessThanOrEqual(bound);
        }
      }),
    );
  });

  it('has a scale, then the values in order, and fills a row with zeros', () => {
    const values = Float32Array.from({ length: 2 * 66 }, (_, i) => (i === 66 ? -254 : i % 66));
    const words = quantizeInt8(values, 66);
    expect(words.length).toBe(2 * 2 * BLOCK_WORDS);
    const scales = new Float32Array(words.buffer);
    const bytes = new Int8Array(words.buffer);
    expect(scales[0]).toBeCloseTo(63 / 127, 6);
    expect(bytes[4 + 63]).toBe(127);
    expect(scales[2 * BLOCK_WORDS]).toBe(2);
    expect(bytes[4 * 2 * BLOCK_WORDS + 4]).toBe(-127);
    expect([...bytes.subarray(4 * BLOCK_WORDS + 4 + 2, 8 * BLOCK_WORDS)]).toEqual(
      Array<number>(62).fill(0),
    );
  });

  it('reads what it wrote as the same numbers again', () => {
    const once = readBack(
      Float32Array.from({ length: 90 }, (_, i) => Math.sin(i * i)),
      45,
    );
    const twice = readBack(Float32Array.from(once), 45);
    twice.forEach((value, i) => expect(value).toBeCloseTo(once[i]!, 6));
  });

  it('keeps zeros, survives the smallest floats, and lets no NaN pass for a number', () => {
    expect(readBack(new Float32Array(3), 3)).toEqual([0, 0, 0]);
    for (const value of readBack(Float32Array.of(1e-45, -3e-44, 0), 3)) {
      expect(Math.abs(value)).toBeLessThan(1e-43);
    }
    expect(readBack(Float32Array.of(1, NaN), 2)).toEqual([NaN, NaN]);
    expect(readBack(Float32Array.of(0, Infinity), 2)).toEqual([NaN, NaN]);
  });
});

describe('an int8 weight', () => {
  beforeAll(async () => {
    await setBackend('cpu');
    registerOps('cpu');
  });

  it.each([1, 300, 1e9])('is the same matrix in parts of at most %d bytes', async (bytes) => {
    const before = memory().numTensors;
    const values = Float32Array.from({ length: 7 * 70 }, (_, i) => Math.cos(3 * i));
    const weight = uploadWeight(values, 7, 70, 'int8', bytes);
    const rowBytes = 4 * 2 * BLOCK_WORDS;
    expect(weight.partRows).toBe(Math.max(1, Math.min(7, Math.floor(bytes / rowBytes))));
    expect(weight.parts.reduce((sum, { size }) => sum + 4 * size, 0)).toBe(7 * rowBytes);
    const wide = widen(weight);
    expect(wide.shape).toEqual([7, 70]);
    expect([...(await wide.data())]).toEqual(readBack(values, 70));
    wide.dispose();
    disposeWeight(weight);
    expect(memory().numTensors).toBe(before);
  });
});
