/**
 * One file from a server into a store. A broken connection is taken up again where it broke; an
 * answer that is not the file (an error page, a wrong length, a wrong hash) is never stored.
 */
import { DownloadError, StoppedError } from '../errors.ts';
import type { ByteSource } from './byte-source.ts';
import { hashOf, type FileStore, type PartFile } from './file-store.ts';
import {
  ConnectionBroken,
  MISSING,
  chunksOf,
  isConnectionError,
  looksLikeHtml,
  readAnswer,
  type FileRequest,
} from './server-answer.ts';

export interface DownloadSettings {
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal | undefined;
  /** How often in a row a connection may break without a single new byte. */
  readonly attempts: number;
  /** Waits before another attempt; rejects when the signal fires. */
  readonly wait: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;
  readonly onSize: (bytes: number) => void;
  readonly onBytes: (bytes: number, phase: 'downloading' | 'checking') => Promise<void>;
}

const FIRST_WAIT = 500;
const LONGEST_WAIT = 8000;

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
  const stored = await openIfSame(request, store);
  if (stored !== undefined) {
    settings.onSize(stored.size);
    await settings.onBytes(stored.size, 'downloading');
    return stored;
  }
  const part = await store.part(request.key);
  try {
    const received = await receive(request, part, settings);
    if (received === MISSING) {
      await part.close();
      await store.remove(request.key);
      return MISSING;
    }
    const hash = await hashOf(await part.source(), (bytes) => settings.onBytes(bytes, 'checking'));
    if (received.sha256 !== undefined && received.sha256 !== hash) {
      await store.remove(request.key);
      throw new DownloadError(
        `${request.name}: the file arrived with SHA-256 ${hash}, but ${received.sha256} was announced. It was thrown away; try again.`,
      );
    }
    await part.finish(hash);
  } finally {
    await part.close();
  }
  return (await store.open(request.key))!;
}

/** The stored file, unless the server by now has another one under that name. */
async function openIfSame(request: FileRequest, store: FileStore): Promise<ByteSource | undefined> {
  const stored = await store.open(request.key);
  if (stored === undefined) return undefined;
  if (request.size !== undefined && request.size !== stored.size) return undefined;
  if (request.sha256 === undefined) return stored;
  return (await store.sha256(request.key)) === request.sha256 ? stored : undefined;
}

interface Received {
  readonly sha256: string | undefined;
}

/** Repeats `transfer` while it makes progress. */
async function receive(
  request: FileRequest,
  part: PartFile,
  settings: DownloadSettings,
): Promise<Received | typeof MISSING> {
  let failures = 0;
  for (;;) {
    const before = part.size;
    try {
      return await transfer(request, part, settings);
    } catch (error) {
      if (settings.signal?.aborted === true) {
        throw new StoppedError(`${request.name}: the download was stopped.`, [], { cause: error });
      }
      if (!isConnectionError(error)) throw error;
      failures = part.size > before ? 1 : failures + 1;
      if (failures >= settings.attempts) {
        const where =
          part.size > 0
            ? `broke ${failures} times at ${part.size} bytes. What has arrived is kept; try again later.`
            : 'cannot be made. Is the server within reach?';
        throw new DownloadError(`${request.name}: the connection ${where}`, [error.message], {
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

/** One request; returns once the file is complete. */
async function transfer(
  request: FileRequest,
  part: PartFile,
  settings: DownloadSettings,
): Promise<Received | typeof MISSING> {
  const { name } = request;
  if (request.size !== undefined && part.size > request.size) await part.restart('');
  const headers = part.size > 0 ? { Range: `bytes=${part.size}-` } : undefined;
  const response = await settings.fetch(request.url, {
    ...(headers && { headers }),
    ...(settings.signal && { signal: settings.signal }),
  });
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

  for await (const bytes of chunksOf(response)) {
    if (part.size === 0 && looksLikeHtml(bytes)) return MISSING;
    if (total !== undefined && part.size + bytes.length > total) {
      await part.restart('');
      throw new DownloadError(
        `${name}: more than the ${total} bytes that were announced have arrived. It was thrown away.`,
      );
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
