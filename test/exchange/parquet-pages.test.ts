/** Pages of Parquet files whose counts are false: refused before they are decoded, which would not end. */
import type { ColumnMetaData, SchemaTree } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { expect, it } from 'vitest';
import { unpackLz4 } from '../../src/exchange/parquet/lz4.ts';
import { checkPages } from '../../src/exchange/parquet/pages.ts';
import { skipStruct } from '../../src/exchange/parquet/thrift.ts';

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
const zigzag = (value: number): number[] => varint(value < 0 ? -2 * value - 1 : 2 * value);
/** Fields of a struct in Thrift's compact protocol, integers from the first field on. */
const integers = (...values: number[]): number[] =>
  values.flatMap((value) => [0x15, ...zigzag(value)]);
const bytes32 = (value: number): number[] => [...new Uint8Array(Uint32Array.of(value).buffer)];

const [PLAIN, DELTA, DELTA_PREFIX, DICTIONARY] = [0, 5, 7, 8];

function page(count: number, encoding: number, body: number[], sizes = [body.length]): number[] {
  const [unpacked, packed = unpacked] = sizes;
  const head = integers(0, unpacked!, packed!);
  return [...head, 0x2c, ...integers(count, encoding, 3, 3), 0, 0, ...body];
}
/** Levels of definition as runs, after their length. */
const levels = (...runs: number[]): number[] => [...bytes32(runs.length), ...runs];

const element = (repetition_type: 'REQUIRED' | 'OPTIONAL', name: string): SchemaTree => ({
  ...{ children: [], count: 1, element: { name, repetition_type }, path: [name] },
});

function check(content: number[], rows = 3, kind: 'REQUIRED' | 'OPTIONAL' = 'REQUIRED'): number {
  const meta = { num_values: BigInt(rows), type: 'BYTE_ARRAY', codec: 'UNCOMPRESSED' };
  const path = [element('REQUIRED', 'root'), element(kind, 'a')];
  const chunk = { meta: meta as unknown as ColumnMetaData, path, rows };
  return checkPages(Uint8Array.from(content), chunk, {});
}

it('pages whose counts are true are measured', () => {
  const body = [...levels(6, 1), ...bytes32(0), ...bytes32(0), ...bytes32(0)];
  expect(check(page(3, PLAIN, body), 3, 'OPTIONAL')).toBe(body.length);
  const packed = [...levels(3, 5), 1, 4, 0];
  expect(check(page(3, DICTIONARY, packed), 3, 'OPTIONAL')).toBe(packed.length);
});

it.each([
  [
    'a run has 268435456 values in a page of 3',
    page(3, PLAIN, levels(...varint(2 ** 29), 1)),
    'OPTIONAL',
  ],
  ['a run has 268435456 values', page(3, DICTIONARY, [1, ...varint(2 ** 29), 0]), 'REQUIRED'],
  ['a run has 8000 values', page(3, DICTIONARY, [1, ...varint(2001), 0]), 'REQUIRED'],
  ['a page has 1000000000 values where 3 are left', page(1e9, PLAIN, [0]), 'REQUIRED'],
  ['a page of -40 bytes', page(3, PLAIN, [0], [1, -40]), 'REQUIRED'],
  ['2,000,000,000 bytes once unpacked', page(3, PLAIN, [0], [2e9, 1]), 'REQUIRED'],
  ['it ends after 2 of 3 values', page(2, PLAIN, [0, 0]), 'REQUIRED'],
  [
    'a dictionary of 1000000000 values lies in 1 bytes',
    [...integers(2, 1, 1), 0x4c, ...integers(1e9, 0), 0, 0, 0],
    'REQUIRED',
  ],
  ['blocks of 128 values in 0 parts', page(3, DELTA, [...varint(128), 0, 3, 0]), 'REQUIRED'],
  [
    // A first text of no bytes, of which the second repeats 2,000,000.
    'begins with 2000000 of the 0 before it',
    page(2, DELTA_PREFIX, [
      ...varint(128),
      4,
      2,
      0,
      ...zigzag(2e6),
      0,
      0,
      0,
      0,
      ...varint(128),
      4,
      2,
      0,
      0,
      0,
      0,
      0,
      0,
    ]),
    'REQUIRED',
  ],
] as const)('%s', (expected, content, kind) => {
  const rows = expected.startsWith('begins') ? 2 : 3;
  expect(() => check([...content], rows, kind)).toThrow(expected);
});

it('a list that is longer than the bytes that are left, and structs without end', () => {
  const skip = (...content: number[]) => {
    const reader = { view: new DataView(Uint8Array.from(content).buffer), offset: 0 };
    skipStruct(reader);
    return reader.offset;
  };
  expect(skip(0x19, 0x23, 1, 2, 0x18, 1, 65, 0)).toBe(8);
  expect(() => skip(0x19, 0xf5, ...varint(30_000_000), 0)).toThrow('counts 30000000 in the 1');
  expect(() => skip(...new Array<number>(100).fill(0x1c))).toThrow('more than 16 levels');
});

it('LZ4 in a frame of a negative length', () => {
  // Read as Hadoop's frames, the second sends the reader back to itself.
  const framed = Uint8Array.from([0, 0, 0, 0, 255, 255, 255, 248, 0, 0, 0, 0, 0]);
  expect(() => unpackLz4(compressors)(framed, 4)).toThrow('lz4');
});
