/** The worker's object in Node with a model that comes with the project, on the CPU engine. */
import { readFile } from 'node:fs/promises';
import { vi } from 'vitest';
import type { TrainerService } from '../../workers/trainer-service.ts';

/** @param id folder of public/models; its files come as a person drops them */
export async function openEmbedded(trainer: TrainerService, id: string): Promise<void> {
  vi.stubGlobal('navigator', {});
  await trainer.startEngine('wasm');
  const names = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];
  const files = await Promise.all(
    names.map(async (path) => ({
      path,
      file: new File([await readFile(`public/models/${id}/${path}`)], path),
    })),
  );
  const source = { kind: 'files', name: id, files } as const;
  await trainer.openModel(source, 'as-stored', () => Promise.resolve());
}
