/** The browser's private file system over a tree in memory, each call of which may fail or be the last. */
import type { Plan } from './plan.ts';
import { FileNode, FolderNode } from './tree.ts';

export interface OpfsOptions {
  /** Whether files have the synchronous handle of workers; else they are written by streams, as on pages. */
  synchronous: boolean;
}

/** The root folder. */
export function faultyOpfs(
  root: FolderNode,
  plan: Plan,
  options: OpfsOptions,
): FileSystemDirectoryHandle {
  return new Folder('', root, [], { plan, ...options }) as unknown as FileSystemDirectoryHandle;
}

interface World extends OpfsOptions {
  plan: Plan;
}

const refuse = (name: string): never => {
  throw new DOMException(`in memory: ${name}`, name);
};

class Folder {
  readonly kind = 'directory';
  readonly name: string;
  readonly #node: FolderNode;
  /** Folders on the way to it, itself not among them. */
  readonly #above: readonly FolderNode[];
  readonly #world: World;

  constructor(name: string, node: FolderNode, above: readonly FolderNode[], world: World) {
    this.name = name;
    this.#node = node;
    this.#above = above;
    this.#world = world;
  }

  async getDirectoryHandle(name: string, options?: { create?: boolean }): Promise<Folder> {
    await this.#call(`getDirectoryHandle ${name}`);
    const node = this.#find(name, options?.create === true, () => new FolderNode());
    if (node.kind !== 'folder') return refuse('TypeMismatchError');
    return new Folder(name, node, [...this.#above, this.#node], this.#world);
  }

  async getFileHandle(name: string, options?: { create?: boolean }): Promise<OpfsFile> {
    await this.#call(`getFileHandle ${name}`);
    const node = this.#find(name, options?.create === true, () => new FileNode());
    if (node.kind !== 'file') return refuse('TypeMismatchError');
    return new OpfsFile(name, node, [...this.#above, this.#node], this.#world);
  }

  async removeEntry(name: string, options?: { recursive?: boolean }): Promise<void> {
    await this.#call(`removeEntry ${name}`);
    const node = this.#node.entries.get(name) ?? refuse('NotFoundError');
    if (node.kind === 'folder' && node.entries.size > 0 && options?.recursive !== true) {
      refuse('InvalidModificationError');
    }
    if (node.kind === 'file' && node.held) refuse('NoModificationAllowedError');
    this.#node.entries.delete(name);
    this.#node.safe.delete(name);
  }

  async *entries(): AsyncGenerator<[string, Folder | OpfsFile]> {
    for (const [name, node] of [...this.#node.entries]) {
      await this.#call(`entries ${name}`);
      const above = [...this.#above, this.#node];
      yield [
        name,
        node.kind === 'folder'
          ? new Folder(name, node, above, this.#world)
          : new OpfsFile(name, node, above, this.#world),
      ];
    }
  }

  #find(name: string, create: boolean, make: () => FileNode | FolderNode): FileNode | FolderNode {
    const known = this.#node.entries.get(name);
    if (known !== undefined) return known;
    if (!create) return refuse('NotFoundError');
    const node = make();
    this.#node.entries.set(name, node);
    return node;
  }

  async #call(what: string): Promise<void> {
    await Promise.resolve();
    this.#world.plan.call(what);
  }
}

class OpfsFile {
  readonly kind = 'file';
  readonly name: string;
  readonly #node: FileNode;
  readonly #above: readonly FolderNode[];
  readonly #plan: Plan;
  /** Absent on pages. */
  readonly createSyncAccessHandle: (() => Promise<object>) | undefined;

  constructor(
    name: string,
    node: FileNode,
    above: readonly FolderNode[],
    { plan, synchronous }: World,
  ) {
    this.name = name;
    this.#node = node;
    this.#above = above;
    this.#plan = plan;
    this.createSyncAccessHandle = synchronous ? () => this.#openSync() : undefined;
  }

  async getFile(): Promise<File> {
    await Promise.resolve();
    this.#plan.call(`getFile ${this.name}`);
    return new ReadFile(this.#node.content, this.name, this.#plan);
  }

  async createWritable(options?: { keepExistingData?: boolean }): Promise<object> {
    await Promise.resolve();
    this.#plan.call(`createWritable ${this.name}`);
    if (this.#node.held) refuse('NoModificationAllowedError');
    const draft = new FileNode();
    if (options?.keepExistingData === true) draft.content = this.#node.content.slice();
    let position = 0;
    const step = async (what: string, work: () => void): Promise<void> => {
      await Promise.resolve();
      this.#plan.call(`${what} ${this.name}`);
      work();
    };
    return {
      truncate: (size: number) => step('truncate', () => draft.truncate(size)),
      seek: (to: number) => step('seek', () => void (position = to)),
      write: (bytes: Uint8Array) =>
        step('write', () => {
          draft.put(bytes, position);
          position += bytes.length;
        }),
      // The draft takes the place of the file at once.
      close: () =>
        step('close', () => {
          this.#node.content = draft.content;
          this.#flush();
        }),
      abort: () => step('abort', () => undefined),
    };
  }

  async #openSync(): Promise<object> {
    await Promise.resolve();
    const { name } = this;
    const node = this.#node;
    const plan = this.#plan;
    plan.call(`createSyncAccessHandle ${name}`);
    if (node.held) refuse('NoModificationAllowedError');
    node.held = true;
    return {
      getSize: () => node.content.length,
      truncate: (size: number) => {
        plan.call(`truncate ${name}`);
        node.truncate(size);
      },
      write: (bytes: Uint8Array, { at }: { at: number }) => {
        const half = bytes.subarray(0, Math.ceil(bytes.length / 2));
        try {
          if (plan.call(`write ${name}`) === 'whole') node.put(bytes, at);
          else node.put(half, at);
        } catch (error) {
          // It may have got that far.
          node.put(half, at);
          throw error;
        }
        return Math.min(bytes.length, node.content.length - at);
      },
      flush: () => {
        plan.call(`flush ${name}`);
        this.#flush();
      },
      close: () => {
        node.held = false;
        plan.call(`close ${name}`);
      },
    };
  }

  /** Its content, and the names that lead to it. */
  #flush(): void {
    this.#node.flush();
    for (const folder of this.#above) folder.flush();
  }
}

/** Reading is a call of its own, after `getFile`. */
class ReadFile extends File {
  readonly #plan: Plan;

  constructor(content: Uint8Array<ArrayBuffer>, name: string, plan: Plan) {
    super([content], name);
    this.#plan = plan;
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    await Promise.resolve();
    this.#plan.call(`read ${this.name}`);
    return super.arrayBuffer();
  }

  override async text(): Promise<string> {
    return new TextDecoder().decode(await this.arrayBuffer());
  }

  override slice(start?: number, end?: number): Blob {
    const part = super.slice(start, end);
    const { name } = this;
    const plan = this.#plan;
    const read = part.arrayBuffer.bind(part);
    return Object.assign(part, {
      arrayBuffer: () => {
        plan.call(`read ${name}`);
        return read();
      },
    });
  }
}
