/**
 * A private file system in memory, with the two ways of writing that browsers have and a quota.
 * Only what the stores call exists; the real one is tested in a browser.
 */

export interface FakeDisk {
  /** Bytes that may still be written. */
  room: number;
  /** Whether files offer the synchronous handle, as in workers. */
  synchronous: boolean;
  /** Whether files offer `createWritable`, as in most browsers. */
  streams: boolean;
  /** Handles that were opened for writing and not closed. */
  open: number;
}

export function createDisk(settings: Partial<FakeDisk> = {}): FakeDisk {
  return { room: Infinity, synchronous: true, streams: true, open: 0, ...settings };
}

function fail(name: string): never {
  throw new DOMException(`fake: ${name}`, name);
}

class FakeFile {
  readonly kind = 'file';
  readonly name: string;
  content = new Uint8Array();
  private readonly disk: FakeDisk;
  /** Absent on pages. */
  createSyncAccessHandle: (() => Promise<object>) | undefined;
  /** Absent on pages of some browsers. */
  createWritable: ((options?: { keepExistingData: boolean }) => Promise<object>) | undefined;

  constructor(name: string, disk: FakeDisk) {
    this.name = name;
    this.disk = disk;
    this.createSyncAccessHandle = disk.synchronous ? () => this.openSync() : undefined;
    this.createWritable = disk.streams ? (options) => this.openStream(options) : undefined;
  }

  getFile(): Promise<File> {
    return Promise.resolve(new File([this.content], this.name));
  }

  private put(bytes: Uint8Array, at: number): number {
    if (bytes.length > this.disk.room) fail('QuotaExceededError');
    this.disk.room -= bytes.length;
    const grown = new Uint8Array(Math.max(this.content.length, at + bytes.length));
    grown.set(this.content);
    grown.set(bytes, at);
    this.content = grown;
    return bytes.length;
  }

  private openSync(): Promise<object> {
    this.disk.open++;
    return Promise.resolve({
      getSize: () => this.content.length,
      truncate: (size: number) => (this.content = this.content.slice(0, size)),
      write: (bytes: Uint8Array, { at }: { at: number }) => this.put(bytes, at),
      flush: () => undefined,
      close: () => this.disk.open--,
    });
  }

  /** Nothing is lasting before `close`, as in browsers. */
  private openStream(options?: { keepExistingData: boolean }): Promise<object> {
    this.disk.open++;
    let draft = options?.keepExistingData === true ? this.content : new Uint8Array();
    let position = 0;
    return Promise.resolve({
      truncate: (size: number) => {
        draft = draft.slice(0, size);
        return Promise.resolve();
      },
      seek: (to: number) => {
        position = to;
        return Promise.resolve();
      },
      write: (data: Uint8Array | string) => {
        const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
        if (bytes.length > this.disk.room) fail('QuotaExceededError');
        this.disk.room -= bytes.length;
        const grown = new Uint8Array(Math.max(draft.length, position + bytes.length));
        grown.set(draft);
        grown.set(bytes, position);
        position += bytes.length;
        draft = grown;
        return Promise.resolve();
      },
      close: () => {
        this.disk.open--;
        this.content = draft;
        return Promise.resolve();
      },
      abort: () => {
        this.disk.open--;
        return Promise.resolve();
      },
    });
  }
}

class FakeFolder {
  readonly kind = 'directory';
  readonly name: string;
  readonly children = new Map<string, FakeFile | FakeFolder>();
  private readonly disk: FakeDisk;

  constructor(name: string, disk: FakeDisk) {
    this.name = name;
    this.disk = disk;
  }

  async getDirectoryHandle(name: string, options?: { create?: boolean }): Promise<FakeFolder> {
    const known = this.children.get(name);
    if (known instanceof FakeFolder) return Promise.resolve(known);
    if (known !== undefined) fail('TypeMismatchError');
    if (options?.create !== true) fail('NotFoundError');
    const folder = new FakeFolder(name, this.disk);
    this.children.set(name, folder);
    return folder;
  }

  async getFileHandle(name: string, options?: { create?: boolean }): Promise<FakeFile> {
    const known = this.children.get(name);
    if (known instanceof FakeFile) return Promise.resolve(known);
    if (known !== undefined) fail('TypeMismatchError');
    if (options?.create !== true) fail('NotFoundError');
    const file = new FakeFile(name, this.disk);
    this.children.set(name, file);
    return file;
  }

  removeEntry(name: string): Promise<void> {
    if (!this.children.delete(name)) return Promise.reject(new DOMException('', 'NotFoundError'));
    return Promise.resolve();
  }

  async *entries(): AsyncGenerator<[string, FakeFile | FakeFolder]> {
    for (const entry of this.children) yield Promise.resolve(entry);
  }
}

/** The root of an empty private file system. */
export function fakeRoot(disk: FakeDisk): FileSystemDirectoryHandle {
  return new FakeFolder('', disk) as unknown as FileSystemDirectoryHandle;
}
