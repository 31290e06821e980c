import { expect, it } from 'vitest';
import { memoryFolder } from '../../src/storage/folder.ts';
import { folderRunStore } from '../../src/storage/run-store.ts';
import { noteProgress, resumableRuns, storageReport } from '../../workers/kept-files.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

it('one bad file hides no other run, stays, and is named with what is wrong', async () => {
  const folder = memoryFolder('runs');
  const store = folderRunStore(folder);
  await noteProgress(store, 'good', 2, 4);
  await noteProgress(store, 'done', 4, 4);
  await store.write('cut', 'progress.json', bytesOf('{"step": 3, "st'));
  await store.write('other', 'progress.json', bytesOf('{"step": -1, "steps": "9"}'));
  await folder.folder('torn').write('progress.json.1', [bytesOf('idio')]);
  await store.write('study', 'experiment.json', bytesOf('{"name": "Three seeds"}'));
  await store.write('broken', 'experiment.json', bytesOf('[]'));

  expect(await resumableRuns(store)).toEqual([{ runId: 'good', step: 2, steps: 4 }]);
  const { items } = await storageReport(store);
  const [good, done, cut, other, torn, study, broken] = [
    ...['good', 'done', 'cut', 'other', 'torn', 'study', 'broken'],
  ].map((id) => items.find((item) => item.id === id));
  expect(items).toHaveLength(7);
  for (const [item, kind, label] of [
    [good, 'run', 'good'],
    [done, 'run', 'done'],
    [study, 'experiment', 'Three seeds'],
  ] as const) {
    expect(item).toMatchObject({ kind, label });
    expect(item!.problem).toBeUndefined();
  }
  expect(cut!.problem).toContain('progress.json is not JSON');
  expect(other!.problem).toBe(
    'progress.json cannot be used. step: expected a whole number, 0 or more, got -1. ' +
      'steps: expected number, got "9".',
  );
  expect(torn!.problem).toContain('Delete "torn" under Storage');
  expect(broken).toMatchObject({ kind: 'experiment', label: 'broken' });
  expect(broken!.problem).toContain('experiment.json cannot be used');
});
