/** One download of a model at a time, among all tabs and processes that share a store. */
import { IdiolectError, StoppedError } from '../errors.ts';
import { notice } from '../notices.ts';
import type { DownloadOptions } from './model-download.ts';
import { ELSEWHERE } from './owner.ts';

/**
 * Does the work while nobody else downloads into or deletes this folder; waits, and says so, while
 * somebody does. Throws a StoppedError when the signal fires meanwhile.
 * @param id as messages name the model
 */
export async function downloadAlone<Result>(
  folder: string,
  id: string,
  { store, signal, onNotice }: Pick<DownloadOptions, 'store' | 'signal' | 'onNotice'>,
  work: () => Promise<Result>,
): Promise<Result> {
  const name = modelOwner(folder);
  const state = { begun: false };
  const watched = async () => {
    state.begun = true;
    if (signal?.aborted === true) throw stopped(id);
    return work();
  };
  try {
    const alone = await store.owners.alone(name, watched);
    if (alone !== ELSEWHERE) return alone;
    const others = store.kind === 'disk' ? 'process' : 'tab';
    onNotice?.(notice('info', `Another ${others} is downloading ${id}. Waiting for it.`));
    const waiting = store.owners.alone(name, watched, { wait: true });
    return (await unlessStopped(waiting, id, signal)) as Result;
  } catch (error) {
    // A folder that takes no lock file takes no download either: memory does.
    if (state.begun || error instanceof IdiolectError) throw error;
    return work();
  }
}

/** The name under which a model's folder has an owner. */
export function modelOwner(folder: string): string {
  return `model/${folder}`;
}

function stopped(id: string): StoppedError {
  return new StoppedError(`${id}: the download was stopped.`);
}

/** What is waited for, or a StoppedError as soon as the signal fires. */
async function unlessStopped<Value>(
  waiting: Promise<Value>,
  id: string,
  signal: AbortSignal | undefined,
): Promise<Value> {
  let stop = (): void => undefined;
  const stopping = new Promise<never>((_, reject) => {
    stop = () => reject(stopped(id));
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted === true) stop();
  });
  // Given up, it may still fail.
  waiting.catch(() => undefined);
  try {
    return await Promise.race([waiting, stopping]);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
