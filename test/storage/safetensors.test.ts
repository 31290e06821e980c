import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelFileError } from '../../src/errors.ts';
import { bytesSource, type ByteSource } from '../../src/storage/byte-source.ts';
import { readSafetensors, writeSafetensors } from '../../src/storage/safetensors.ts';
import { parseSafetensorsHeader } from '../../src/storage/safetensors-header.ts';
import { readFloat32, type TensorDtype } from '../../src/storage/tensor-file.ts';

const fixtures = new URL('../fixtures/', import.meta.url);

async function fixture(path: string): Promise<ByteSource> {
  return bytesSource(path, await readFile(new URL(path, fixtures)));
}

/** A file from a header text and a count of data bytes. */
function fileOf(header: string | object, dataBytes: number): ByteSource {
  const text = typeof header === 'string' ? header : JSON.stringify(header);
  const json = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytesSource('bad.safetensors', bytes);
}

async function problemsOf(file: ByteSource): Promise<string> {
  const error = await readSafetensors(file).then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(ModelFileError);
  return (error as ModelFileError).message;
}

const f32 = (begin: number, end: number, shape: unknown = [1]) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

describe('readSafetensors', () => {
  // Written by the format's own library, one for each number format.
  const models = ['gpt2', 'llama', 'llama-untied', 'llama-v5', 'qwen2'];

  it.each(models)('reads and rewrites %s byte for byte', async (name) => {
    const file = await fixture(`models/${name}/model.safetensors`);
    const { tensors, metadata, unreadable } = await readSafetensors(file);
    expect(unreadable.size).toBe(0);
    const copies = await Promise.all(
      [...tensors.values()].reverse().map(async (tensor) => ({
        name: tensor.name,
        shape: tensor.shape,
        dtype: tensor.dtype,
        data: await tensor.read(),
      })),
    );
    const written = writeSafetensors(copies, metadata);
    expect(Buffer.compare(written, await file.read(0, file.size))).toBe(0);
  });

  it('reads only the header until a tensor is asked for', async () => {
    const whole = await fixture('models/gpt2/model.safetensors');
    let reached = 0;
    const watched: ByteSource = {
      ...whole,
      read: (offset, length) => {
        reached = Math.max(reached, offset + length);
        return whole.read(offset, length);
      },
    };
    const { tensors } = await readSafetensors(watched);
    const header = new DataView((await whole.read(0, 8)).buffer).getBigUint64(0, true);
    expect(reached).toBe(8 + Number(header));
    await [...tensors.values()][0]!.read();
    expect(reached).toBeGreaterThan(8 + Number(header));
  });

  it('names tensors in other formats without refusing the file', async () => {
    const file = await readSafetensors(
      fileOf({ mask: { dtype: 'U8', shape: [2, 2], data_offsets: [0, 4] }, w: f32(4, 8) }, 4 + 4),
    );
    expect([...file.tensors.keys()]).toEqual(['w']);
    expect(file.unreadable.get('mask')).toBe('U8');
  });

  it('accepts scalars, empty tensors, NaN and names that objects treat specially', async () => {
    const file = bytesSource(
      'odd.safetensors',
      writeSafetensors([
        { name: '__proto__', shape: [], dtype: 'F32', data: new Float32Array([NaN]) },
        { name: '10', shape: [0, 3], dtype: 'F32', data: new Float32Array() },
        { name: '9', shape: [2], dtype: 'F16', data: new Uint16Array([0x3c00, 1]) },
      ]),
    );
    const { tensors } = await readSafetensors(file);
    expect([...tensors.keys()].sort()).toEqual(['10', '9', '__proto__']);
    expect(await readFloat32(tensors.get('__proto__')!)).toEqual(new Float32Array([NaN]));
    expect(await readFloat32(tensors.get('9')!)).toEqual(new Float32Array([1, 2 ** -24]));
  });
});

describe('hostile headers', () => {
  it('refuses a file without room for a header', async () => {
    expect(await problemsOf(bytesSource('x', new Uint8Array(5)))).toMatch(/only 5 bytes/);
  });

  it('refuses a header longer than the file, before reading it', async () => {
    const bytes = new Uint8Array(64);
    new DataView(bytes.buffer).setBigUint64(0, 2n ** 63n, true);
    expect(await problemsOf(bytesSource('x', bytes))).toMatch(/the header claims 92233\d+ bytes/);
  });

  it('refuses what is not a JSON object', async () => {
    expect(await problemsOf(fileOf('<!doctype html>', 0))).toMatch(/must start with "\{"/);
    expect(await problemsOf(fileOf('{"a":', 0))).toMatch(/not valid JSON/);
    expect(await problemsOf(fileOf('{'.repeat(100_000), 0))).toMatch(/brackets/);
  });

  it.each<[string, string | object, number, RegExp]>([
    ['unknown formats', { a: { ...f32(0, 4), dtype: 'F33' } }, 4, /"a": unknown dtype "F33"/],
    ['negative sides', { a: f32(0, 4, [-1]) }, 4, /shape \[-1\] must be/],
    ['fractional sides', { a: f32(0, 4, [0.5, 2]) }, 4, /must be a list of whole/],
    ['huge sides', { a: f32(0, 4, [2 ** 40, 2 ** 40]) }, 4, /impossible size/],
    ['offsets that do not fit', { a: f32(0, 8) }, 8, /needs 4 bytes, but data_offsets span 8/],
    ['offsets backwards', { a: f32(4, 0) }, 4, /span -4/],
    ['missing offsets', { a: { dtype: 'F32', shape: [] } }, 0, /data_offsets nothing/],
    ['holes', { a: f32(4, 8) }, 8, /4 unused bytes before "a"/],
    ['overlaps', { a: f32(0, 4), b: f32(0, 4) }, 4, /"b" overlaps/],
    ['truncation', { a: f32(0, 4) }, 3, /is truncated/],
    ['trailing bytes', { a: f32(0, 4) }, 9, /too long/],
    ['metadata of numbers', { __metadata__: { a: 1 } }, 0, /"a" must be a string/],
    [
      'keys written twice',
      `{"a":${JSON.stringify(f32(0, 4))},"\\u0061":${JSON.stringify(f32(0, 4))}}`,
      4,
      /"a" is written twice/,
    ],
    [
      'keys written twice inside an entry',
      '{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}',
      4,
      /"a\.shape" is written twice/,
    ],
  ])('refuses %s', async (_, header, dataBytes, message) => {
    expect(await problemsOf(fileOf(header, dataBytes))).toMatch(message);
  });

  it('lists everything wrong at once', async () => {
    const message = await problemsOf(
      fileOf({ a: f32(0, 8), b: { ...f32(8, 12), dtype: 'X' }, c: f32(12, 16, 'no') }, 16),
    );
    expect(message).toMatch(/"a".*\n.*"b".*\n.*"c"/);
  });

  it('shortens the list for a file full of faults', async () => {
    const entries = Array.from({ length: 60 }, (_, i) => [`t${i}`, { ...f32(0, 4), dtype: 'X' }]);
    expect(await problemsOf(fileOf(Object.fromEntries(entries) as object, 4))).toMatch(
      /and 10 more/,
    );
  });

  it('never fails otherwise than by a ModelFileError', async () => {
    const sound = writeSafetensors([
      { name: 'a', shape: [2], dtype: 'F32', data: new Float32Array(2) },
      { name: 'b', shape: [3], dtype: 'BF16', data: new Uint16Array(3) },
    ]);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(sound.length - 1),
        fc.nat(255),
        fc.nat(sound.length),
        async (position, value, length) => {
          const broken = sound.slice(0, length);
          if (position < length) broken[position] = value;
          try {
            await readSafetensors(bytesSource('fuzz', broken));
          } catch (error) {
            expect(error).toBeInstanceOf(ModelFileError);
          }
        },
      ),
    );
  });
});

describe('writeSafetensors', () => {
  it('reads back what it wrote, whatever the order given', async () => {
    const tensor = fc
      .record({
        name: fc.string({ minLength: 1 }).filter((name) => name !== '__metadata__'),
        dtype: fc.constantFrom<TensorDtype>('F32', 'F16', 'BF16'),
        shape: fc.array(fc.nat(4), { maxLength: 3 }),
      })
      .map((given) => {
        const count = given.shape.reduce((a, b) => a * b, 1);
        const bytes = count * (given.dtype === 'F32' ? 4 : 2);
        return { ...given, data: Uint8Array.from({ length: bytes }, (_, i) => i % 251) };
      });
    const lists = fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(lists, async (list) => {
        const bytes = writeSafetensors(list, { format: 'pt' });
        expect(writeSafetensors([...list].reverse(), { format: 'pt' })).toEqual(bytes);
        const { tensors, metadata } = await readSafetensors(bytesSource('x', bytes));
        expect(metadata).toEqual({ format: 'pt' });
        expect(tensors.size).toBe(list.length);
        for (const { name, shape, dtype, data } of list) {
          expect(tensors.get(name)).toMatchObject({ shape, dtype });
          expect(await tensors.get(name)!.read()).toEqual(data);
        }
      }),
    );
  });

  it('starts the data at a multiple of eight', () => {
    const bytes = writeSafetensors([
      { name: 'a', shape: [1], dtype: 'F32', data: new Float32Array([1]) },
    ]);
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect((8 + length) % 8).toBe(0);
    expect(parseSafetensorsHeader(bytes, bytes.length, 'x').entries.get('a')?.offset).toBe(
      8 + length,
    );
  });

  it('refuses repeated names and wrong sizes, all at once', () => {
    const one = { name: 'a', shape: [2], dtype: 'F32', data: new Float32Array(2) } as const;
    expect(() => writeSafetensors([one, one, { ...one, name: 'b', shape: [3] }])).toThrow(
      /"a" is given twice[\s\S]*"b": shape \[3\] in F32 needs 12 bytes, 8 are given/,
    );
  });
});
