/** A model that cannot be opened, however late that shows: the one that was open answers as before. */
import { memory } from '@tensorflow/tfjs-core';
import { readFile } from 'node:fs/promises';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { GpuUnavailableError, ModelFileError, StoppedError } from '../../src/errors.ts';
import { familiarityFields } from '../../src/familiarity/config.ts';
import { defaultsOf } from '../../src/fields.ts';
import type { ModelSource } from '../../workers/protocol.ts';
import { TrainerService } from '../../workers/trainer-service.ts';

const trainer = new TrainerService();
const quiet = () => Promise.resolve();
const prompt = { useChatTemplate: true, plainTemplate: '{question}\n' };
const question = 'Zoe has 3 apples. How many apples does Zoe have?';
const rows = [{ id: 'r', question, response: 'Zoe has 3 apples. Answer: 3' }];
const set = { id: 'sums', name: 'Sums', rows };

type Texts = Record<string, Uint8Array<ArrayBuffer>>;

async function files(change: (files: Texts) => void = () => undefined): Promise<ModelSource> {
  const names = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];
  const texts: Texts = {};
  for (const name of names) {
    texts[name] = new Uint8Array(await readFile(`public/models/idiolect-a/${name}`));
  }
  change(texts);
  const parts = Object.entries(texts);
  return {
    kind: 'files',
    name: 'folder',
    files: parts.map(([path, bytes]) => ({ path, file: new File([bytes], path) })),
  };
}

/** The perplexity of one answer, and what is allocated. */
async function state() {
  const familiarity = defaultsOf(familiarityFields);
  const [measured] = await trainer.measure({ sets: [set], prompt, familiarity }, quiet);
  const { summary, engine } = await trainer.current();
  const { perplexity } = measured!.rows[0]!;
  return { perplexity, id: summary?.id, engine: engine?.name, tensors: memory().numTensors };
}

let before: Awaited<ReturnType<typeof state>>;

beforeAll(async () => {
  vi.stubGlobal('navigator', {});
  await trainer.startEngine('wasm');
  await trainer.openModel(await files(), 'as-stored', quiet);
  before = await state();
});

afterEach(() => void vi.unstubAllGlobals());

/** The last values of the file become NaN, which shows when they are read. */
function breakWeights(texts: Texts): void {
  texts['model.safetensors']!.fill(0xff, -8);
}

it.each<[string, (texts: Texts) => void]>([
  ['no config', (texts) => delete texts['config.json']],
  ['an unknown family', (texts) => (texts['config.json'] = bytes('{"model_type": "other"}'))],
  ['a cut header', (texts) => (texts['model.safetensors'] = bytes('12345678'))],
  ['no tokenizer', (texts) => delete texts['tokenizer.json']],
  ['weights that are not finite', breakWeights],
])('a model with %s leaves the open one', async (_, change) => {
  await expect(trainer.openModel(await files(change), 'as-stored', quiet)).rejects.toThrow();
  expect(await state()).toEqual(before);
});

it('what is wrong with the files shows before the open model is closed', async () => {
  const phases: string[] = [];
  const broken = await files((texts) => delete texts['tokenizer.json']);
  const opening = trainer.openModel(broken, 'as-stored', ({ phase }) => {
    phases.push(phase);
    return Promise.resolve();
  });
  await expect(opening).rejects.toBeInstanceOf(ModelFileError);
  expect(phases).not.toContain('uploading');
});

it('a stopped download leaves the open model', async () => {
  vi.stubGlobal('fetch', (_: string, { signal }: RequestInit) => {
    return new Promise((_resolve, reject) => {
      signal!.addEventListener('abort', () => reject(signal!.reason as Error));
    });
  });
  const source: ModelSource = { kind: 'embedded', id: 'idiolect-b', baseUrl: 'models/' };
  const opening = trainer.openModel(source, 'as-stored', quiet);
  setTimeout(() => void trainer.stop(), 20);
  await expect(opening).rejects.toBeInstanceOf(StoppedError);
  expect(await state()).toEqual(before);
});

it('an engine that cannot start leaves the one that runs, with its model', async () => {
  await expect(trainer.startEngine('webgpu')).rejects.toBeInstanceOf(GpuUnavailableError);
  expect(await state()).toEqual(before);
});

it('another model takes its place', async () => {
  const summary = await trainer.openModel(await files(), 'int8', quiet);
  expect(summary.format).not.toBe('f16');
  expect((await trainer.current()).summary).toEqual(summary);
});

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
