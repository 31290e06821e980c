import { expect, it } from 'vitest';
import { memoryFolder } from '../../src/storage/folder.ts';
import { folderRunStore } from '../../src/storage/run-store.ts';
import { storageReport } from '../../workers/kept-files.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

it('one bad file hides no other run, stays, and is named with what is wrong', async () => {
  const folder = memoryFolder('runs');
  const store = folderRunStore(folder);
  await store.write('trained', 'checkpoint.safetensors', bytesOf('weights'));
  await store.write('study', 'experiment.json', bytesOf('{"name": "Three seeds"}'));
  await store.write('cut', 'experiment.json', bytesOf('{"name": "Thr'));
  await store.write('other', 'experiment.json', bytesOf('{"name": 3}'));
  await folder.folder('torn').write('experiment.json.1', [bytesOf('idio')]);
  await store.write('broken', 'experiment.json', bytesOf('[]'));

  const { items } = await storageReport(store);
  const found = new Map(items.map((item) => [item.id, item]));
  expect(items).toHaveLength(6);
  expect(found.get('trained')).toMatchObject({ kind: 'run', label: 'trained' });
  expect(found.get('study')).toMatchObject({ kind: 'experiment', label: 'Three seeds' });
  for (const id of ['trained', 'study']) expect(found.get(id)!.problem).toBeUndefined();
  expect(found.get('cut')!.problem).toContain('experiment.json is not JSON');
  expect(found.get('other')!.problem).toBe(
    'experiment.json cannot be used. name: expected string, got 3.',
  );
  expect(found.get('torn')!.problem).toContain('Delete "torn" under Storage');
  expect(found.get('broken')!.problem).toContain('experiment.json cannot be used');
});
