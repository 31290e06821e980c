/** Weight files written to do harm: refused by name and fast. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ModelFileError } from '../../src/errors.ts';
import { bytesSource, type ByteSource } from '../../src/storage/byte-source.ts';
import { openGguf } from '../../src/storage/gguf.ts';
import { readSafetensors } from '../../src/storage/safetensors.ts';

async function refusal(work: Promise<unknown>): Promise<string> {
  const start = performance.now();
  const error = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(performance.now() - start).toBeLessThan(2000);
  expect(error).toBeInstanceOf(ModelFileError);
  return (error as ModelFileError).message;
}

function safetensors(json: string): ByteSource {
  const header = new TextEncoder().encode(json);
  const bytes = new Uint8Array(8 + header.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  return bytesSource('model.safetensors', bytes);
}

it('refuses a safetensors header of a million tensors by their number', async () => {
  const entry = '{"dtype":"F32","shape":[0],"data_offsets":[0,0]}';
  const many = Array.from({ length: 1e6 }, (_, i) => `"${i}":${entry}`);
  expect(await refusal(readSafetensors(safetensors(`{${many.join()}}`)))).toContain(
    '4,000,000 keys; at most 1,000,000 are read',
  );
});

it('refuses a safetensors header nested without end', async () => {
  const deep = `{"a":${'['.repeat(1e6)}${']'.repeat(1e6)}}`;
  expect(await refusal(readSafetensors(safetensors(deep)))).toContain('brackets within brackets');
});

const gguf = () =>
  new Uint8Array(readFileSync(new URL('../fixtures/gguf/f16.gguf', import.meta.url)));
const TENSOR_COUNT = 8;
const KEY_COUNT = 16;

it.each([
  ['tensors', TENSOR_COUNT, 2n ** 60n],
  ['tensors', TENSOR_COUNT, 2n ** 20n],
  ['metadata entries', KEY_COUNT, 2n ** 60n],
])('refuses a GGUF file that claims more %s than fit it', async (what, at, count) => {
  const bytes = gguf();
  new DataView(bytes.buffer).setBigUint64(at, count, true);
  expect(await refusal(openGguf(bytesSource('model.gguf', bytes)))).toContain(
    `${Number(count)} ${what}`,
  );
});

it.each([
  ['a text', 8],
  ['a list', 9],
])('refuses a GGUF file with %s of 2^60', async (_, type) => {
  const bytes = new Uint8Array(24 + 8 + 1 + 4 + 4 + 8 + 64);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x46554747, true);
  view.setUint32(4, 3, true);
  view.setBigUint64(KEY_COUNT, 1n, true);
  view.setBigUint64(24, 1n, true);
  bytes[32] = 0x61;
  view.setUint32(33, type, true);
  if (type === 9) view.setUint32(37, 4, true);
  view.setBigUint64(type === 9 ? 41 : 37, 2n ** 60n, true);
  expect(await refusal(openGguf(bytesSource('model.gguf', bytes)))).toContain(
    'do not fit the file',
  );
});

it('refuses GGUF tensors that lie on each other', async () => {
  const bytes = gguf();
  const text = Buffer.from(bytes.buffer);
  // After the name: count of dimensions, two of them, format, offset.
  const entry = text.indexOf('blk.0.attn_k.weight') + 'blk.0.attn_k.weight'.length;
  const other = text.indexOf('blk.0.attn_q.weight') + 'blk.0.attn_q.weight'.length;
  const view = new DataView(bytes.buffer);
  const offsetAt = 4 + 2 * 8 + 4;
  view.setBigUint64(entry + offsetAt, view.getBigUint64(other + offsetAt, true), true);
  expect(await refusal(openGguf(bytesSource('model.gguf', bytes)))).toMatch(/overlaps "blk\.0/);
});
