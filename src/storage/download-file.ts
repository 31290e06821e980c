/**
 * One file from a server into a store. A broken connection is taken up again where it broke; an
 * answer that is not the file (an error page, a wrong length, a wrong hash) is never stored.
 */
import { DownloadError, StoppedError } from '../errors.ts';
import type { ByteSource } from './byte-source.ts';
import type { FileStore, PartFile } from './file-store.ts';
import { gitBlobId, hashOf } from './hash-file.ts';
import { isTextFile } from './model-files.ts';
import {
  ConnectionBroken,
  MISSING,
  SILENCE,
  chunksOf,
  isConnectionError,
  looksLikeHtml,
  readAnswer,
  within,
  type FileRequest,
} from './server-answer.ts';
import { Damage, openChecked } from './stored-file.ts';

export interface DownloadSettings {
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal | undefined;
  /** How often in a row a connection may break without a single new byte. */
  readonly attempts: number;
  /** Waits before another attempt; rejects when the signal fires. */
  readonly wait: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;
  readonly onSize: (bytes: number) => void;
  readonly onBytes: (bytes: number, phase: 'downloading' | 'checking') => Promise<void>;
  /** A finished file in the store is damaged; it is fetched again. */
  readonly onDamage: (damage: Damage) => void;
  /** How long a server may send nothing, milliseconds. */
  readonly silence?: number | undefined;
}

const FIRST_WAIT = 500;
const LONGEST_WAIT = 8000;

/** What a server may send whose answer and listing name no length, bytes. */
const MOST_UNANNOUNCED = { text: 200_000_000, memory: 2e9, stored: 16e9 };

/**
 * The stored file, or MISSING when the server answers 404 or with a web page. Throws a
 * DownloadError for anything else that is not the file, a StoppedError when the signal fires (what
 * has arrived is kept for the next time), a StorageError when the store refuses.
 */
export async function downloadFile(
  request: FileRequest,
  store: FileStore,
  settings: DownloadSettings,
): Promise<ByteSource | typeof MISSING> {
  const stored = await openIfSame(request, store, settings);
  if (stored !== undefined) {
    settings.onSize(stored.size);
    await settings.onBytes(stored.size, 'downloading');
    return stored;
  }
  const part = await store.part(request.key);
  try {
    const received = await receive(request, part, mostBytes(request, store), settings);
    if (received === MISSING) {
      await part.close();
      await store.remove(request.key);
      return MISSING;
    }
    const file = await part.source();
    const checking = (bytes: number) => settings.onBytes(bytes, 'checking');
    const hash = await hashOf(file, checking, store.hasher);
    const wrong =
      received.sha256 !== undefined && received.sha256 !== hash
        ? `SHA-256 ${hash}, but ${received.sha256}`
        : await otherGitId(request, file);
    if (wrong !== undefined) {
      await store.remove(request.key);
      throw new DownloadError(
        `${request.name}: the file arrived with ${wrong} was announced. It was thrown away; try again.`,
      );
    }
    await part.finish(hash);
  } finally {
    await part.close();
  }
  return (await store.open(request.key))!;
}

/** Undefined for a file with the Git id that was listed, or none. */
async function otherGitId({ gitId }: FileRequest, file: ByteSource): Promise<string | undefined> {
  if (gitId === undefined) return undefined;
  const found = (await gitBlobId(file)) ?? gitId;
  return found === gitId ? undefined : `Git id ${found}, but ${gitId}`;
}

function mostBytes({ name }: FileRequest, { kind }: FileStore): number {
  return MOST_UNANNOUNCED[isTextFile(name) ? 'text' : kind === 'memory' ? 'memory' : 'stored'];
}

/** The stored file, unless it is damaged or the server by now has another one under that name. */
async function openIfSame(
  request: FileRequest,
  store: FileStore,
  settings: DownloadSettings,
): Promise<ByteSource | undefined> {
  const { key, size, sha256 } = request;
  const file = await store.open(key);
  const changed =
    file !== undefined &&
    ((size !== undefined && size !== file.size) ||
      (sha256 !== undefined && sha256 !== (await store.sha256(key))));
  if (changed) return undefined;
  const stored = await openChecked(store, key, (bytes) => settings.onBytes(bytes, 'checking'));
  if (stored instanceof Damage) {
    settings.onDamage(stored);
    return undefined;
  }
  const other = stored && (await otherGitId(request, stored));
  return other === undefined ? stored : undefined;
}

interface Received {
  readonly sha256: string | undefined;
}

/** Repeats `transfer` while it makes progress. */
async function receive(
  request: FileRequest,
  part: PartFile,
  most: number,
  settings: DownloadSettings,
): Promise<Received | typeof MISSING> {
  let failures = 0;
  // Beyond what was ever here: a server that has the file begun anew each time makes no progress.
  let furthest = part.size;
  for (;;) {
    try {
      return await transfer(request, part, most, settings);
    } catch (error) {
      if (settings.signal?.aborted === true) {
        throw new StoppedError(`${request.name}: the download was stopped.`, [], { cause: error });
      }
      if (!isConnectionError(error)) throw error;
      failures = part.size > furthest ? 1 : failures + 1;
      furthest = Math.max(furthest, part.size);
      if (failures >= settings.attempts) {
        const where =
          part.size > 0
            ? `broke ${failures} times at ${part.size} bytes. What has arrived is kept; try again later.`
            : 'cannot be made. Is the server within reach?';
        throw new DownloadError(`${request.name}: the connection ${where}`, [reasonOf(error)], {
          cause: error,
        });
      }
      await settings.wait(
        Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (failures - 1)),
        settings.signal,
      );
    }
  }
}

/** Node hides what happened behind "fetch failed". */
function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error ? `${message} (${cause.message})` : message;
}

/** One request; returns once the file is complete. */
async function transfer(
  request: FileRequest,
  part: PartFile,
  most: number,
  settings: DownloadSettings,
): Promise<Received | typeof MISSING> {
  const { name } = request;
  if (request.size !== undefined && part.size > request.size) await part.restart('');
  const headers = part.size > 0 ? { Range: `bytes=${part.size}-` } : undefined;
  const asking = settings.fetch(request.url, {
    ...(headers && { headers }),
    ...(settings.signal && { signal: settings.signal }),
  });
  const response = await within(settings.silence ?? SILENCE, asking);
  const answer = readAnswer(request, response);
  if (answer === MISSING) return MISSING;
  const { sha256 } = answer;
  const total = answer.total ?? request.size;
  if (response.status === 416) {
    await response.body?.cancel();
    if (part.size === total) return { sha256 };
    // What is here does not belong to the file as it is now.
    await part.restart('');
    throw new ConnectionBroken('the server refused to continue the file');
  }
  const changed = part.size > 0 && part.tag !== answer.tag;
  if (response.status === 206 && (changed || answer.start !== part.size)) {
    await response.body?.cancel();
    await part.restart('');
    throw new ConnectionBroken('the file changed on the server');
  }
  if (response.status !== 206) await part.restart(answer.tag);
  if (total !== undefined) settings.onSize(total);

  const limit = total ?? most;
  for await (const bytes of chunksOf(response, settings.silence)) {
    if (part.size === 0 && looksLikeHtml(bytes)) return MISSING;
    if (part.size + bytes.length > limit) {
      await part.restart('');
      const announced =
        total === undefined
          ? `${limit} bytes have arrived, the most that is taken where no length is announced`
          : `the ${limit} bytes that were announced have arrived`;
      throw new DownloadError(`${name}: more than ${announced}. It was thrown away.`);
    }
    await part.append(bytes);
    await settings.onBytes(part.size, 'downloading');
  }
  if (total !== undefined && part.size < total) {
    throw new ConnectionBroken(`the answer ended after ${part.size} of ${total} bytes`);
  }
  return { sha256 };
}

/** Waits for real time. */
export function waitFor(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(new StoppedError('The download was stopped.'));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
