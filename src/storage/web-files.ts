/**
 * A model's files from the web, into memory: from this site's own folder or from a hub that serves
 * `{base}/{id}/resolve/{revision}/{file}`. What is no such file (a page that says "not found", a
 * body cut short) is refused by name before anything is read from it.
 */
import { DownloadError } from '../errors.ts';
import { bytesSource, type ByteSource } from './byte-source.ts';
import { SHARD_INDEX_FILE, TEXT_FILES, WEIGHTS_FILE, type ModelFiles } from './model-files.ts';

export interface DownloadProgress {
  file: string;
  bytesDone: number;
  /** Of this file; 0 when the server does not say. */
  bytesTotal: number;
  bytesPerSecond: number;
}

export interface DownloadOptions {
  signal?: AbortSignal;
  report?: (progress: DownloadProgress) => Promise<void>;
}

/** Where a file of a hub's repository is. */
export function hubUrl(base: string, id: string, revision: string): (file: string) => string {
  const path = id.split('/').map(encodeURIComponent).join('/');
  const root = base.replace(/\/+$/, '');
  return (file) => `${root}/${path}/resolve/${encodeURIComponent(revision)}/${file}`;
}

/** @throws DownloadError naming the file and what came instead */
export async function downloadModel(
  id: string,
  urlOf: (file: string) => string,
  options: DownloadOptions = {},
): Promise<ModelFiles> {
  const files = new Map<string, ByteSource>();
  const add = async (name: string, required: boolean) => {
    const bytes = await download(name, urlOf(name), required, options);
    if (bytes) files.set(name, bytesSource(name, bytes));
    return bytes;
  };
  await add('config.json', true);
  for (const name of TEXT_FILES) if (name !== 'config.json') await add(name, false);
  if (!(await add(WEIGHTS_FILE, false))) {
    const index = await add(SHARD_INDEX_FILE, true);
    for (const name of shardNames(index!)) await add(name, true);
  }
  return { id, files };
}

function shardNames(index: Uint8Array): string[] {
  const parsed = JSON.parse(new TextDecoder().decode(index)) as {
    weight_map?: Record<string, string>;
  };
  const names = [...new Set(Object.values(parsed.weight_map ?? {}))];
  const unsafe = names.filter((name) => !/^[\w.-]+\.safetensors$/.test(name));
  if (unsafe.length > 0) {
    throw new DownloadError(`${SHARD_INDEX_FILE} names files that are no weights.`, unsafe);
  }
  return names;
}

async function download(
  name: string,
  url: string,
  required: boolean,
  { signal, report }: DownloadOptions,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  let response: Response;
  try {
    response = await fetch(url, signal ? { signal } : {});
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    throw new DownloadError(`${name} could not be fetched: is there a connection?`, [url], {
      cause,
    });
  }
  const isPage = (response.headers.get('content-type') ?? '').includes('text/html');
  if (!response.ok || isPage) {
    if (!required && (response.status === 404 || isPage)) return undefined;
    const what = isPage ? 'a web page came instead' : `the server answered ${response.status}`;
    throw new DownloadError(`${name} could not be fetched: ${what}.`, [url]);
  }
  // A compressed answer counts other bytes than it holds.
  const encoded = response.headers.has('content-encoding');
  const total = encoded ? 0 : Number(response.headers.get('content-length') ?? 0);
  const chunks: Uint8Array[] = [];
  let done = 0;
  const started = performance.now();
  for await (const chunk of response.body!) {
    chunks.push(chunk);
    done += chunk.length;
    const bytesPerSecond = (1000 * done) / Math.max(1, performance.now() - started);
    await report?.({ file: name, bytesDone: done, bytesTotal: total, bytesPerSecond });
  }
  if (total > 0 && done !== total) {
    throw new DownloadError(`${name} was cut short: ${done} of ${total} bytes came.`, [url]);
  }
  const bytes = new Uint8Array(done);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/** Files dropped on the page; a folder's name in front of each path is left out. */
export function droppedModel(
  name: string,
  files: readonly { path: string; file: Blob }[],
  open: (path: string, file: Blob) => ByteSource,
): ModelFiles {
  const first = files[0]?.path.split('/')[0];
  const inFolder = files.every(({ path }) => path.includes('/') && path.split('/')[0] === first);
  const entries = files.map(({ path, file }) => {
    const plain = inFolder ? path.slice(path.indexOf('/') + 1) : path;
    return [plain, open(plain, file)] as const;
  });
  return { id: name, files: new Map(entries) };
}
