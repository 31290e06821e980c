/**
 * Files that the browser refuses stay in memory, so that storage never ends a training: they are read
 * from there, tried again with the next write of the run, and the person is told once.
 */
import { StorageError } from '../errors.ts';
import { notice, uniqueNotices, type Notice } from '../notices.ts';
import type { Bytes } from './byte-source.ts';
import { soleOwners } from './owner.ts';
import type { RunStore } from './run-store.ts';

export function softRunStore(store: RunStore): RunStore {
  /** Run → file → what the store has refused, in the order in which it was written last. */
  const pending = new Map<string, Map<string, Bytes>>();
  const turns = soleOwners();
  let notices: Notice[] = [];

  const write = async (runId: string, name: string, bytes: Bytes): Promise<void> => {
    const files = pending.get(runId) ?? new Map<string, Bytes>();
    // In their order: what was written later never outlives what was written before it.
    files.delete(name);
    files.set(name, bytes);
    const refused = await flush(store, runId, files);
    if (refused === undefined) {
      if (pending.delete(runId) && pending.size === 0) notices.push(keptAgain);
      return;
    }
    files.set(name, bytes.slice());
    if (pending.size === 0) notices.push(inMemory(refused));
    pending.set(runId, files);
  };
  return {
    refused: store.refused,
    async write(runId, name, bytes) {
      await turns.alone(runId, () => write(runId, name, bytes), { wait: true });
    },
    read: async (runId, name) =>
      pending.get(runId)?.get(name)?.slice() ?? (await store.read(runId, name)),
    async remove(runId) {
      pending.delete(runId);
      await store.remove(runId);
    },
    async list() {
      const listed = await store.list();
      return [...pending].reduce((runs, [runId, files]) => {
        const bytes = [...files.values()].reduce((sum, { length }) => sum + length, 0);
        const known = runs.find((run) => run.runId === runId);
        if (known === undefined) return [...runs, { runId, bytes }];
        return runs.map((run) => (run === known ? { runId, bytes: bytes + run.bytes } : run));
      }, listed);
    },
    takeNotices() {
      const taken = uniqueNotices([...store.takeNotices(), ...notices]);
      notices = [];
      return taken;
    },
  };
}

/** Writes and forgets one after the other. @returns the first refusal */
async function flush(
  store: RunStore,
  runId: string,
  files: Map<string, Bytes>,
): Promise<StorageError | undefined> {
  for (const [name, bytes] of [...files]) {
    try {
      await store.write(runId, name, bytes);
      files.delete(name);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      return error;
    }
  }
  return undefined;
}

const inMemory = (refused: StorageError): Notice =>
  notice(
    'doubtful',
    `${refused.message} The work goes on; what it keeps from now on is in memory only and is lost when the page is closed, until there is room again.`,
  );

const keptAgain = notice('info', 'The browser takes files again: everything is kept now.');
