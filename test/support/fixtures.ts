/** Fixture files by path, in Node from disk and in the test browser from the dev server. */
import { bytesSource } from '../../src/storage/byte-source.ts';
import { readModelFiles, type ModelContents } from '../../src/storage/model-files.ts';

export async function fixtureBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof window === 'undefined') {
    const { readFile } = await import('node:fs/promises');
    const file = new URL(`../fixtures/${path}`, import.meta.url);
    return new Uint8Array(await readFile(file));
  }
  const response = await fetch(`/test/fixtures/${path}`);
  if (!response.ok) throw new Error(`No fixture ${path}.`);
  return new Uint8Array(await response.arrayBuffer());
}

export async function fixtureJson<Value>(path: string): Promise<Value> {
  return JSON.parse(new TextDecoder().decode(await fixtureBytes(path))) as Value;
}

/** A tiny checkpoint of the fixtures, opened as a person's folder would be. */
export async function openFixtureModel(variant: string): Promise<ModelContents> {
  const shards =
    variant === 'mistral'
      ? [
          'model.safetensors.index.json',
          'model-00001-of-00002.safetensors',
          'model-00002-of-00002.safetensors',
        ]
      : ['model.safetensors'];
  const names = ['config.json', ...shards];
  const files = new Map(
    await Promise.all(
      names.map(async (name) => {
        const bytes = await fixtureBytes(`models/${variant}/${name}`);
        return [name, bytesSource(name, bytes)] as const;
      }),
    ),
  );
  return readModelFiles({ id: variant, files });
}
