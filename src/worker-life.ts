/**
 * A worker can end without a word: out of memory, killed by the system. It holds a lock for as long as
 * it lives and names it to the page, which waits for the same lock: no clock, so that a long step is
 * never taken for a death.
 */

/** What the worker sends once; calls go by other messages. */
export interface LifeMessage {
  life: string;
}

/** Called by the worker. Without Web Locks (a page without a secure context) only errors are noticed. */
export function holdLife(): void {
  const { locks } = navigator as { locks?: LockManager };
  if (locks === undefined) return;
  const life = `idiolect-worker/${crypto.randomUUID()}`;
  void locks.request(life, () => {
    postMessage({ life } satisfies LifeMessage);
    return new Promise<never>(() => undefined);
  });
}

/** Called by the page: tells when the worker has ended by itself. @returns how to stop waiting */
export function onEnd(worker: Worker, ended: () => void): () => void {
  const waiting = new AbortController();
  worker.addEventListener('message', ({ data }: MessageEvent<Partial<LifeMessage> | null>) => {
    if (typeof data?.life !== 'string') return;
    const { signal } = waiting;
    navigator.locks.request(data.life, { signal }, ended).catch(() => undefined);
  });
  return () => waiting.abort();
}
