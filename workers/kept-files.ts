/** What the browser keeps for the person: downloaded models, and runs with their checkpoints. */
import { StorageError } from '../src/errors.ts';
import { modelOwner } from '../src/storage/one-download.ts';
import { ELSEWHERE } from '../src/storage/owner.ts';
import { listStoredModels } from '../src/storage/stored-model.ts';
import { noteName } from '../src/storage/notes.ts';
import type { RunStore } from '../src/storage/run-store.ts';
import { storageRoom } from '../src/storage/storage-room.ts';
import { modelStore } from './model-source.ts';
import type { StorageReport, StoredItem } from './protocol.ts';

const MODEL = 'model:';
const PROGRESS = 'progress.json';

/** How far a run's last checkpoint is; read without opening the checkpoint. */
interface Progress {
  step: number;
  steps: number;
}

export async function noteProgress(
  store: RunStore,
  runId: string,
  step: number,
  steps: number,
): Promise<void> {
  const note: Progress = { step, steps };
  await store.write(runId, PROGRESS, new TextEncoder().encode(JSON.stringify(note)));
}

/** Runs with a checkpoint from which steps are still to go. */
export async function resumableRuns(store: RunStore): Promise<({ runId: string } & Progress)[]> {
  const found: ({ runId: string } & Progress)[] = [];
  for (const { runId } of await store.list()) {
    const note = await store.read(runId, PROGRESS);
    if (!note) continue;
    const { step, steps } = JSON.parse(new TextDecoder().decode(note)) as Progress;
    if (step < steps) found.push({ runId, step, steps });
  }
  return found;
}

export async function storageReport(runs: RunStore): Promise<StorageReport> {
  const { store, notice } = await modelStore();
  const models = (await listStoredModels(store)).map(({ folder, bytes, complete }): StoredItem => ({
    id: `${MODEL}${folder}`,
    kind: 'model',
    bytes,
    label: complete ? folder : `${folder} (partly downloaded)`,
  }));
  const kept = await Promise.all(
    (await runs.list()).map(async ({ runId, bytes }): Promise<StoredItem> => {
      const name = await experimentName(runs, runId);
      return name === undefined
        ? { id: runId, kind: 'run', bytes, label: runId }
        : { id: runId, kind: 'experiment', bytes, label: name };
    }),
  );
  const room = await storageRoom();
  return {
    items: [...models, ...kept],
    usedBytes: room?.usedBytes ?? 0,
    quotaBytes: room?.quotaBytes ?? 0,
    persistent: room?.persistent ?? false,
    refused: notice?.text ?? runs.refused,
  };
}

/** Undefined for a training run. */
async function experimentName(store: RunStore, id: string): Promise<string | undefined> {
  const file = await store.read(id, noteName('experiment.json'));
  if (!file) return undefined;
  return (JSON.parse(new TextDecoder().decode(file)) as { name: string }).name;
}

/** Whether the id of a stored item is a model's. */
export function isModel(id: string): boolean {
  return id.startsWith(MODEL);
}

/** Throws a StorageError while a tab downloads the model. */
export async function deleteModel(id: string): Promise<void> {
  const { store } = await modelStore();
  const folder = id.slice(MODEL.length);
  const done = await store.owners.alone(modelOwner(folder), () => store.remove(folder));
  if (done === ELSEWHERE) {
    throw new StorageError(
      `${folder} is being downloaded. Stop that first, here or in another tab.`,
    );
  }
}
