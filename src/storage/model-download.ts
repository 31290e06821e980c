/**
 * The files of a model from a server's folder into a store. When the store runs full or refuses,
 * the download goes on in memory and says so.
 */
import { DownloadError, StorageError } from '../errors.ts';
import type { ByteSource } from './byte-source.ts';
import { downloadFile, waitFor } from './download-file.ts';
import { ProgressCounter, type ProgressReport } from './download-progress.ts';
import { copyPart, createMemoryStore, type FileStore } from './file-store.ts';
import { MISSING } from './server-answer.ts';
import type { Damage } from './stored-file.ts';
import { notice, type Notice } from '../notices.ts';

export interface DownloadOptions {
  readonly store: FileStore;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ProgressReport;
  /** Things worth knowing that are no failures, such as files that stay in memory. */
  readonly onNotice?: (notice: Notice) => void;
  readonly fetch?: typeof fetch;
  /** How often in a row a connection may break without a new byte; 5 when left out. */
  readonly attempts?: number;
  readonly wait?: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;
  /** Seconds of a clock. */
  readonly now?: () => number;
  /** How long a server may send nothing, milliseconds; a minute when left out. */
  readonly silence?: number;
}

export interface RemoteFile {
  readonly name: string;
  readonly url: string;
  readonly size?: number | undefined;
  readonly sha256?: string | undefined;
  readonly gitId?: string | undefined;
}

/** Fetches files one after the other into `<folder>/<name>` of a store. */
export class ModelDownload {
  readonly files = new Map<string, ByteSource>();
  /** Stored files that were found damaged, a sentence each. */
  readonly damages: string[] = [];
  private readonly folder: string;
  private readonly options: DownloadOptions;
  private readonly progress: ProgressCounter;
  private store: FileStore;

  constructor(folder: string, options: DownloadOptions) {
    this.folder = folder;
    this.options = options;
    this.store = options.store;
    this.progress = new ProgressCounter(
      options.onProgress ?? (() => undefined),
      options.now ?? (() => performance.now() / 1000),
    );
  }

  /** Where files go now. */
  get destination(): FileStore {
    return this.store;
  }

  /** What earlier downloads of this model have left in the store, whole files and parts. */
  async bytesHere(): Promise<number> {
    const files = await this.store.list(`${this.folder}/`);
    return files.reduce((sum, { size }) => sum + size, 0);
  }

  /** Counts files towards the total before they are asked for. */
  announce(files: readonly RemoteFile[]): void {
    for (const { name, size } of files) if (size !== undefined) this.progress.expect(name, size);
  }

  /** Keeps everything that follows in memory. */
  useMemory(reason: string): void {
    if (this.store.kind === 'memory') return;
    this.store = createMemoryStore();
    const text = `${reason} The model stays in memory and must be loaded again next time.`;
    this.options.onNotice?.(notice('info', text));
  }

  /** `bytes` of a stored file have been read through. */
  checking(name: string, bytes: number): Promise<void> {
    return this.progress.reach(name, bytes, 'checking');
  }

  /** Says once that a stored file is damaged. */
  readonly damaged = ({ text }: Damage): void => {
    if (this.damages.includes(text)) return;
    this.damages.push(text);
    this.options.onNotice?.(notice('info', `${text} It is fetched again.`));
  };

  /** A file that must be there; throws a DownloadError when it is not. */
  async require(file: RemoteFile): Promise<ByteSource> {
    const found = await this.tryFile(file);
    if (found !== undefined) return found;
    throw new DownloadError(
      `${file.name}: the server has no such file, or answers with a web page.`,
      [`Address: ${file.url}`],
    );
  }

  /** A file that may be missing. */
  async tryFile(file: RemoteFile): Promise<ByteSource | undefined> {
    const { options } = this;
    const key = `${this.folder}/${file.name}`;
    const settings = {
      fetch: options.fetch ?? globalThis.fetch.bind(globalThis),
      signal: options.signal,
      attempts: options.attempts ?? 5,
      wait: options.wait ?? waitFor,
      silence: options.silence,
      onDamage: this.damaged,
      onSize: (bytes: number) => this.progress.expect(file.name, bytes),
      onBytes: (bytes: number, phase: 'downloading' | 'checking') =>
        this.progress.reach(file.name, bytes, phase),
    };
    try {
      return this.keep(file.name, await downloadFile({ ...file, key }, this.store, settings));
    } catch (error) {
      if (!(error instanceof StorageError) || this.store.kind === 'memory') throw error;
      const refused = this.store;
      this.useMemory(error.message);
      await rescue(key, refused, this.store);
      return this.keep(file.name, await downloadFile({ ...file, key }, this.store, settings));
    }
  }

  private keep(name: string, found: ByteSource | typeof MISSING): ByteSource | undefined {
    if (found === MISSING) return undefined;
    this.files.set(name, found);
    return found;
  }
}

/** Takes over what a full store had received; if even that fails, the file is fetched anew. */
async function rescue(key: string, from: FileStore, to: FileStore): Promise<void> {
  try {
    await copyPart(key, from, to);
    await from.remove(key);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    await to.remove(key);
  }
}
