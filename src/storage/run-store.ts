/**
 * Where runs keep their files (checkpoints, adapters): the browser's private file system, or memory
 * when it refuses. A file is written under a second name first, so that it is whole or not there.
 */

export interface RunStore {
  /** Why files will not outlive the page, or undefined when they will. */
  readonly refused: string | undefined;
  write(runId: string, name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  read(runId: string, name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  remove(runId: string): Promise<void>;
  /** Ids and sizes, bytes. */
  list(): Promise<{ runId: string; bytes: number }[]>;
}

const FOLDER = 'runs';

/** The private file system where the browser has one and lets us write, else memory. */
export async function openRunStore(): Promise<RunStore> {
  try {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle(FOLDER, { create: true });
    return opfsRunStore(folder);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return memoryRunStore(`This browser keeps no files for this page (${reason}).`);
  }
}

export function memoryRunStore(refused?: string): RunStore {
  const runs = new Map<string, Map<string, Uint8Array<ArrayBuffer>>>();
  return {
    refused,
    write(runId, name, bytes) {
      const files = runs.get(runId) ?? new Map<string, Uint8Array<ArrayBuffer>>();
      runs.set(runId, files.set(name, bytes.slice()));
      return Promise.resolve();
    },
    read: (runId, name) => Promise.resolve(runs.get(runId)?.get(name)?.slice()),
    remove(runId) {
      runs.delete(runId);
      return Promise.resolve();
    },
    list: () =>
      Promise.resolve(
        [...runs].map(([runId, files]) => ({
          runId,
          bytes: [...files.values()].reduce((sum, { length }) => sum + length, 0),
        })),
      ),
  };
}

function opfsRunStore(folder: FileSystemDirectoryHandle): RunStore {
  const open = async (runId: string, create: boolean) => {
    try {
      return await folder.getDirectoryHandle(runId, { create });
    } catch (error) {
      if (error instanceof DOMException && error.name === 'NotFoundError') return undefined;
      throw error;
    }
  };
  return {
    refused: undefined,
    async write(runId, name, bytes) {
      const run = (await open(runId, true))!;
      // Two slots by turns: a crash while writing one leaves the other as it was.
      const current = await currentSlot(run, name);
      const next = current === 'a' ? 'b' : 'a';
      await writeFile(run, `${name}.${next}`, bytes);
      await writeFile(run, `${name}.current`, new TextEncoder().encode(next));
    },
    async read(runId, name) {
      const run = await open(runId, false);
      const slot = run && (await currentSlot(run, name));
      return slot === undefined ? undefined : readFile(run!, `${name}.${slot}`);
    },
    async remove(runId) {
      if (await open(runId, false)) await folder.removeEntry(runId, { recursive: true });
    },
    async list() {
      const runs: { runId: string; bytes: number }[] = [];
      for await (const [runId, run] of folder.entries()) {
        if (run.kind !== 'directory') continue;
        let bytes = 0;
        for await (const file of run.values()) {
          if (file.kind === 'file') bytes += (await file.getFile()).size;
        }
        runs.push({ runId, bytes });
      }
      return runs;
    },
  };
}

async function currentSlot(run: FileSystemDirectoryHandle, name: string) {
  const marker = await readFile(run, `${name}.current`);
  const slot = marker && new TextDecoder().decode(marker);
  return slot === 'a' || slot === 'b' ? slot : undefined;
}

async function readFile(run: FileSystemDirectoryHandle, name: string) {
  try {
    const file = await (await run.getFileHandle(name)).getFile();
    return new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotFoundError') return undefined;
    throw error;
  }
}

async function writeFile(
  run: FileSystemDirectoryHandle,
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const writable = await (await run.getFileHandle(name, { create: true })).createWritable();
  await writable.write(bytes);
  await writable.close();
}
