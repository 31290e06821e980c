/** What a repository has, as the hub lists it. */
import { DownloadError } from '../errors.ts';
import { isObject } from './byte-source.ts';
import { chunksOf } from './server-answer.ts';
import type { DownloadOptions } from './model-download.ts';

const TEMPLATES_FOLDER = 'additional_chat_templates';

export interface Listed {
  readonly name: string;
  readonly size: number | undefined;
  readonly sha256: string | undefined;
  /** Git's id of the content; only of small files. */
  readonly gitId: string | undefined;
}

/** Repositories have some dozens of files; no listing is longer, bytes. */
const MOST_LISTING = 20_000_000;

/** The files of a repository with sizes and hashes, or undefined when the server keeps no list. */
export async function listFiles(
  url: string,
  options: DownloadOptions,
): Promise<ReadonlyMap<string, Listed> | undefined> {
  const listed = new Map<string, Listed>();
  const read = async (address: string): Promise<boolean> => {
    const get = options.fetch ?? globalThis.fetch.bind(globalThis);
    let entries: unknown;
    try {
      const response = await get(address, options.signal ? { signal: options.signal } : {});
      if (!response.ok) return false;
      entries = JSON.parse(new TextDecoder().decode(await shortBody(response)));
    } catch (error) {
      if (error instanceof DownloadError) throw error;
      // The files themselves will tell whether the server can be reached.
      return false;
    }
    if (!Array.isArray(entries)) return false;
    for (const entry of entries as unknown[]) addEntry(entry, listed);
    return true;
  };
  if (!(await read(url))) return undefined;
  if (listed.has(TEMPLATES_FOLDER)) await read(`${url}/${TEMPLATES_FOLDER}`);
  listed.delete(TEMPLATES_FOLDER);
  return listed;
}

/** Throws a DownloadError for what is no listing any more. */
async function shortBody(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const bytes of chunksOf(response)) {
    length += bytes.length;
    if (length > MOST_LISTING) {
      throw new DownloadError(
        `${response.url}: a list of files has at most ${MOST_LISTING} bytes.`,
      );
    }
    chunks.push(bytes);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

function addEntry(entry: unknown, listed: Map<string, Listed>): void {
  if (!isObject(entry) || typeof entry['path'] !== 'string') return;
  const { path, type, size, lfs, oid: blob } = entry;
  if (type === 'directory' && path !== TEMPLATES_FOLDER) return;
  const oid = isObject(lfs) ? lfs['oid'] : undefined;
  listed.set(path, {
    name: path,
    size: type !== 'directory' && typeof size === 'number' ? size : undefined,
    sha256: typeof oid === 'string' && /^[0-9a-f]{64}$/.test(oid) ? oid : undefined,
    // Beside a large file it is the id of its pointer.
    gitId:
      !isObject(lfs) && typeof blob === 'string' && /^[0-9a-f]{40}$/.test(blob) ? blob : undefined,
  });
}
