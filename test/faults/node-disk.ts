/**
 * The calls of `node:fs/promises` that stores make, over a tree in memory, each of which may fail or be
 * the last. Names are on the disk for certain once their folder was synced, content once its file was.
 */
import type { DiskCalls } from '../../src/storage/durable.ts';
import type { Plan } from './plan.ts';
import { FileNode, FolderNode } from './tree.ts';

type Content = string | Uint8Array;

/** Paths are absolute; "/" is the root of the tree. */
export function faultyDisk(root: FolderNode, plan: Plan): DiskCalls {
  return new Disk(root, plan).calls as unknown as DiskCalls;
}

function fail(code: string, syscall: string, path: string): never {
  const error = new Error(`${code}: in memory, ${syscall} '${path}'`);
  throw Object.assign(error, { code, syscall, path });
}

class Disk {
  readonly #root: FolderNode;
  readonly #plan: Plan;

  constructor(root: FolderNode, plan: Plan) {
    this.#root = root;
    this.#plan = plan;
  }

  readonly calls = {
    open: async (path: string, flags = 'r') => {
      await this.#call(`open ${path}`);
      if (flags === 'r') return this.#handle(path, this.#need(path, 'open'));
      const { folder, name } = this.#place(path, 'open');
      const known = folder.entries.get(name);
      if (known?.kind === 'folder') fail('EISDIR', 'open', path);
      if (known === undefined && flags === 'r+') fail('ENOENT', 'open', path);
      if (known !== undefined && flags.includes('x')) fail('EEXIST', 'open', path);
      const file = known ?? new FileNode();
      folder.entries.set(name, file);
      if (flags.startsWith('w')) file.truncate(0);
      return this.#handle(path, file);
    },
    mkdir: async (path: string, options?: { recursive?: boolean }) => {
      await this.#call(`mkdir ${path}`);
      let folder = this.#root;
      const names = segmentsOf(path);
      for (const [at, name] of names.entries()) {
        const known = folder.entries.get(name);
        const last = at === names.length - 1;
        if (known?.kind === 'file') fail(last ? 'EEXIST' : 'ENOTDIR', 'mkdir', path);
        if (known !== undefined && last && options?.recursive !== true)
          fail('EEXIST', 'mkdir', path);
        if (known === undefined && !last && options?.recursive !== true) {
          fail('ENOENT', 'mkdir', path);
        }
        const made = known ?? new FolderNode();
        folder.entries.set(name, made);
        folder = made;
      }
    },
    readFile: async (path: string, encoding?: 'utf8' | { encoding: 'utf8' }) => {
      await this.#call(`read ${path}`);
      const { content } = this.#file(path, 'read');
      return encoding === undefined ? Buffer.from(content) : new TextDecoder().decode(content);
    },
    writeFile: async (path: string, content: Content) => {
      const file = await this.calls.open(path, 'w');
      await file.writeFile(content);
      await file.close();
    },
    appendFile: async (path: string, content: Content) => {
      const file = await this.calls.open(path, 'a');
      await file.appendFile(content);
      await file.close();
    },
    readdir: async (path: string, options?: { recursive?: boolean; withFileTypes?: boolean }) => {
      await this.#call(`scandir ${path}`);
      const found = entriesBelow(this.#folder(path, 'scandir'), path, options?.recursive === true);
      return options?.withFileTypes === true ? found : found.map(({ name }) => name);
    },
    rename: async (from: string, to: string) => {
      await this.#call(`rename ${from}`);
      const source = this.#place(from, 'rename');
      const target = this.#place(to, 'rename');
      const node = source.folder.entries.get(source.name) ?? fail('ENOENT', 'rename', from);
      source.folder.entries.delete(source.name);
      target.folder.entries.set(target.name, node);
    },
    rm: async (path: string, options?: { force?: boolean; recursive?: boolean }) => {
      await this.#call(`rm ${path}`);
      const node = this.#find(path);
      if (node === undefined) {
        if (options?.force !== true) fail('ENOENT', 'rm', path);
        return;
      }
      if (node.kind === 'folder' && options?.recursive !== true) fail('EISDIR', 'rm', path);
      const { folder, name } = this.#place(path, 'rm');
      folder.entries.delete(name);
    },
    unlink: (path: string) => this.calls.rm(path),
    stat: async (path: string) => {
      await this.#call(`stat ${path}`);
      return statOf(this.#need(path, 'stat'));
    },
  };

  #handle(path: string, node: FileNode | FolderNode) {
    const step = async <Value>(what: string, work: (file: FileNode) => Value): Promise<Value> => {
      await this.#call(`${what} ${path}`);
      return work(node.kind === 'file' ? node : fail('EISDIR', what, path));
    };
    const put = (bytes: Uint8Array, at: number | undefined) => {
      const file = node.kind === 'file' ? node : fail('EISDIR', 'write', path);
      const half = bytes.subarray(0, Math.ceil(bytes.length / 2));
      const from = at ?? file.content.length;
      let written = half;
      try {
        if (this.#plan.call(`write ${path}`) === 'whole') written = bytes;
      } finally {
        // A write that fails may have got that far.
        file.put(written, from);
      }
      return written.length;
    };
    const writeAll = async (content: Content, at: number | undefined): Promise<void> => {
      await Promise.resolve();
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
      for (let done = 0; done < bytes.length;) {
        done += put(bytes.subarray(done), at === undefined ? undefined : at + done);
      }
    };
    return {
      write: async (bytes: Uint8Array, offset = 0, length?: number, at?: number) => {
        await Promise.resolve();
        const part = bytes.subarray(offset, offset + (length ?? bytes.length - offset));
        return { bytesWritten: put(part, at) };
      },
      writeFile: (content: Content) => writeAll(content, 0),
      appendFile: (content: Content) => writeAll(content, undefined),
      truncate: (size = 0) => step('ftruncate', (file) => file.truncate(size)),
      read: (target: Uint8Array, offset: number, length: number, at: number) =>
        step('read', ({ content }) => {
          const part = content.subarray(at, at + length);
          target.set(part, offset);
          return { bytesRead: part.length };
        }),
      stat: async () => {
        await this.#call(`fstat ${path}`);
        return statOf(node);
      },
      sync: async () => {
        await this.#call(`fsync ${path}`);
        node.flush();
      },
      datasync: async () => {
        await this.#call(`fdatasync ${path}`);
        node.flush();
      },
      close: () => this.#call(`close ${path}`),
    };
  }

  async #call(what: string): Promise<void> {
    await Promise.resolve();
    this.#plan.call(what);
  }

  #find(path: string): FileNode | FolderNode | undefined {
    let node: FileNode | FolderNode | undefined = this.#root;
    for (const name of segmentsOf(path)) {
      node = node?.kind === 'folder' ? node.entries.get(name) : undefined;
    }
    return node;
  }

  #need(path: string, syscall: string): FileNode | FolderNode {
    return this.#find(path) ?? fail('ENOENT', syscall, path);
  }

  #file(path: string, syscall: string): FileNode {
    const node = this.#need(path, syscall);
    return node.kind === 'file' ? node : fail('EISDIR', syscall, path);
  }

  #folder(path: string, syscall: string): FolderNode {
    const node = this.#need(path, syscall);
    return node.kind === 'folder' ? node : fail('ENOTDIR', syscall, path);
  }

  #place(path: string, syscall: string): { folder: FolderNode; name: string } {
    const names = segmentsOf(path);
    const folder = this.#folder(`/${names.slice(0, -1).join('/')}`, syscall);
    return { folder, name: names.at(-1)! };
  }
}

const segmentsOf = (path: string): string[] => path.split('/').filter((name) => name !== '');

const statOf = (node: FileNode | FolderNode) => ({
  size: node.kind === 'file' ? node.content.length : 0,
  mtimeMs: 0,
  isFile: () => node.kind === 'file',
  isDirectory: () => node.kind === 'folder',
});

interface Entry {
  name: string;
  parentPath: string;
  isFile: () => boolean;
  isDirectory: () => boolean;
}

function entriesBelow(folder: FolderNode, path: string, recursive: boolean): Entry[] {
  return [...folder.entries].flatMap(([name, node]): Entry[] => {
    const { isFile, isDirectory } = statOf(node);
    const entry = { name, parentPath: path, isFile, isDirectory };
    if (node.kind === 'file' || !recursive) return [entry];
    return [entry, ...entriesBelow(node, `${path}/${name}`, recursive)];
  });
}
