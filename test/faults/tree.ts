/**
 * Files and folders in memory, each with what is on the disk for certain beside what a program sees.
 * After a crash the two may be mixed in many ways.
 */

export class FileNode {
  readonly kind = 'file';
  /** What programs see. */
  content = new Uint8Array();
  /** What was flushed; undefined before the first flush. */
  safe: Uint8Array<ArrayBuffer> | undefined;
  /** Whether somebody holds it for writing in the browser's synchronous way. */
  held = false;

  put(bytes: Uint8Array, at: number): void {
    const grown = new Uint8Array(Math.max(this.content.length, at + bytes.length));
    grown.set(this.content);
    grown.set(bytes, at);
    this.content = grown;
  }

  truncate(size: number): void {
    const cut = new Uint8Array(size);
    cut.set(this.content.subarray(0, size));
    this.content = cut;
  }

  flush(): void {
    this.safe = this.content.slice();
  }
}

export class FolderNode {
  readonly kind = 'folder';
  readonly entries = new Map<string, FileNode | FolderNode>();
  /** Entries that are on the disk for certain. */
  safe = new Map<string, FileNode | FolderNode>();

  flush(): void {
    this.safe = new Map(this.entries);
  }
}

/** What a crash leaves of names, and of the content of files that were not flushed. */
export interface Wreck {
  names: 'old' | 'new';
  content: 'old' | 'cut' | 'zeros' | 'new';
}

export const WRECKS: readonly Wreck[] = (['old', 'new'] as const).flatMap((names) =>
  (['old', 'cut', 'zeros', 'new'] as const).map((content) => ({ names, content })),
);

/** What the next process finds. */
export function afterCrash(folder: FolderNode, wreck: Wreck): FolderNode {
  const left = new FolderNode();
  for (const [name, node] of wreck.names === 'old' ? folder.safe : folder.entries) {
    left.entries.set(
      name,
      node.kind === 'folder' ? afterCrash(node, wreck) : fileLeft(node, wreck),
    );
  }
  left.flush();
  return left;
}

function fileLeft({ content, safe }: FileNode, wreck: Wreck): FileNode {
  const left = new FileNode();
  const flushed = safe !== undefined && sameBytes(safe, content);
  left.content = flushed ? content.slice() : contentLeft(content, safe, wreck);
  left.flush();
  return left;
}

function contentLeft(
  content: Uint8Array<ArrayBuffer>,
  safe: Uint8Array<ArrayBuffer> | undefined,
  { content: how }: Wreck,
): Uint8Array<ArrayBuffer> {
  const half = Math.floor(content.length / 2);
  if (how === 'old') return safe?.slice() ?? new Uint8Array();
  if (how === 'cut') return content.slice(0, half);
  const left = content.slice();
  // Blocks that were never written, in a file whose length was.
  return how === 'zeros' ? left.fill(0, half) : left;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
