/** Files out of a drop or a chooser, with the paths they have inside a dropped folder. */
import type { NamedFile } from '../state/model.svelte.ts';

/** Every file of a drop, folders walked. Call it in the event's own turn: the items die with it. */
export async function droppedFiles(transfer: DataTransfer): Promise<NamedFile[]> {
  const entries = [...transfer.items]
    .filter((item) => item.kind === 'file')
    .map((item) => item.webkitGetAsEntry());
  const files = [...transfer.files];
  const found = await Promise.all(
    entries.map(async (entry, i) => {
      if (entry !== null) return walk(entry);
      const file = files[i];
      return file === undefined ? [] : [{ path: file.name, file }];
    }),
  );
  return found.flat();
}

/** The files of an `<input type="file">`, `webkitdirectory` or not. */
export function chosenFiles(input: HTMLInputElement): NamedFile[] {
  return [...(input.files ?? [])].map((file) => ({
    path: file.webkitRelativePath || file.name,
    file,
  }));
}

async function walk(entry: FileSystemEntry): Promise<NamedFile[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    return [{ path: entry.fullPath.replace(/^\//, ''), file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const inside: FileSystemEntry[] = [];
  // A reader hands out a folder in portions, the last of them empty.
  for (;;) {
    const portion = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (portion.length === 0) break;
    inside.push(...portion);
  }
  return (await Promise.all(inside.map(walk))).flat();
}
