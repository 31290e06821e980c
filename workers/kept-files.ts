/** What the browser keeps for the person: downloaded models, and runs with their checkpoints. */
import * as v from 'valibot';
import { StorageError } from '../src/errors.ts';
import { describeIssue } from '../src/settings-schema.ts';
import { modelOwner } from '../src/storage/one-download.ts';
import { ELSEWHERE } from '../src/storage/owner.ts';
import { listStoredModels } from '../src/storage/stored-model.ts';
import { noteName } from '../src/storage/notes.ts';
import type { RunStore } from '../src/storage/run-store.ts';
import { storageRoom } from '../src/storage/storage-room.ts';
import { modelStore } from './model-source.ts';
import type { StorageReport, StoredItem } from './protocol.ts';

const MODEL = 'model:';
const experimentSchema = v.looseObject({ name: v.string() });

export async function storageReport(runs: RunStore): Promise<StorageReport> {
  const { store, notice } = await modelStore();
  const models = (await listStoredModels(store)).map(({ folder, bytes, complete }): StoredItem => ({
    id: `${MODEL}${folder}`,
    kind: 'model',
    bytes,
    label: complete ? folder : `${folder} (partly downloaded)`,
  }));
  const kept = await Promise.all((await runs.list()).map((run) => runItem(runs, run)));
  const room = await storageRoom();
  return {
    items: [...models, ...kept],
    usedBytes: room?.usedBytes ?? 0,
    quotaBytes: room?.quotaBytes ?? 0,
    persistent: room?.persistent ?? false,
    refused: notice?.text ?? runs.refused,
  };
}

/** A run, or an experiment when its file is there; one that cannot be read is named with what is wrong. */
async function runItem(
  store: RunStore,
  { runId, bytes }: { runId: string; bytes: number },
): Promise<StoredItem> {
  const experiment = await readNote(store, runId, noteName('experiment.json'), experimentSchema);
  if (experiment.value !== undefined || experiment.problem !== undefined) {
    const label = experiment.value?.name ?? runId;
    return { id: runId, kind: 'experiment', bytes, label, problem: experiment.problem };
  }
  return { id: runId, kind: 'run', bytes, label: runId };
}

/** A small JSON file of a run, checked by itself: one that is bad never hides the others. */
async function readNote<Schema extends v.GenericSchema>(
  store: RunStore,
  runId: string,
  name: string,
  schema: Schema,
): Promise<{ value?: v.InferOutput<Schema>; problem?: string }> {
  try {
    const bytes = await store.read(runId, name);
    if (bytes === undefined) return {};
    const result = v.safeParse(schema, JSON.parse(new TextDecoder().decode(bytes)));
    if (result.success) return { value: result.output };
    const issues = result.issues.map(describeIssue).join(' ');
    return { problem: `${name} cannot be used. ${issues}` };
  } catch (error) {
    if (error instanceof SyntaxError) return { problem: `${name} is not JSON. ${error.message}` };
    if (error instanceof StorageError) return { problem: error.message };
    throw error;
  }
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
