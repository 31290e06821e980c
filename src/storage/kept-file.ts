/**
 * A file that is replaced often and must never be lost: two slots, of which a write takes the one
 * that does not hold the newest good content, and a checksum over each (`kept-format.ts`). A crash
 * while writing leaves the content before; what a disk or a hand has changed is never given out.
 */
import { StorageError } from '../errors.ts';
import { notice, type Notice } from '../notices.ts';
import type { Bytes } from './byte-source.ts';
import { pathBelow, type Folder } from './folder.ts';
import { HEADER_BYTES, headerFor, readContent, readHeader, type Header } from './kept-format.ts';
import { tabOwners, type Owners } from './owner.ts';

export interface Kept {
  content: Bytes;
  /** Says that newer content is there and damaged, and that this is the content before it. */
  notice: Notice | undefined;
}

/** One of the two files. */
interface Slot {
  file: string;
  /** Undefined when the slot is empty, or begins with something else. */
  header: Header | undefined;
  empty: boolean;
}

export class KeptFile {
  readonly #folder: Folder;
  readonly #name: string;
  readonly #owners: Owners;
  /** Of the newest slot, once its content was checked or written here: spares reading it at each write. */
  #checked: Header | undefined;

  /** @param owners makes the tabs that read and write this file take turns */
  constructor(folder: Folder, name: string, owners: Owners = tabOwners()) {
    this.#folder = folder;
    this.#name = name;
    this.#owners = owners;
  }

  /**
   * The newest content that is good; undefined when nothing was ever written.
   * @throws StorageError when it cannot be read, or something is there and none of it is good
   */
  read(): Promise<Kept | undefined> {
    return this.#inTurn(async () => {
      const slots = await this.#slots();
      const { newest, content, damaged } = await this.#newest(slots);
      if (newest !== undefined) return { content, notice: damaged ? this.#olderCopy() : undefined };
      const earlier = await this.#earlierVersion();
      if (earlier !== undefined)
        return { content: earlier, notice: damaged ? this.#olderCopy() : undefined };
      if (damaged) throw this.#lost();
      return undefined;
    });
  }

  /**
   * Lasting when it returns; when it throws, the content before is still there.
   * @throws StorageError
   */
  write(content: Uint8Array): Promise<void> {
    return this.#inTurn(async () => {
      const slots = await this.#slots();
      const newest = this.#checkedSlot(slots) ?? (await this.#newest(slots)).newest;
      const target = slots.find((slot) => slot !== newest)!;
      const generation = 1 + Math.max(...slots.map(({ header }) => header?.generation ?? 0));
      const header = await headerFor(generation, content);
      await this.#folder.write(target.file, [header, content]);
      this.#checked = readHeader(header);
      // Two good copies are here from the second write on.
      if (generation === 2) await this.#removeEarlierVersion();
    });
  }

  async #slots(): Promise<readonly Slot[]> {
    const slots: Slot[] = [];
    for (const file of [`${this.#name}.1`, `${this.#name}.2`]) {
      const head = (await this.#folder.read(file, HEADER_BYTES)) ?? new Uint8Array();
      // A file that was just made has no bytes yet.
      slots.push({ file, header: readHeader(head), empty: head.length === 0 });
    }
    return slots;
  }

  /** The newest slot, where it is the one that was checked before. */
  #checkedSlot(slots: readonly Slot[]): Slot | undefined {
    const [first, second] = byAge(slots);
    if (first === undefined || first.header.generation === second?.header.generation)
      return undefined;
    return first.header.sha256 === this.#checked?.sha256 &&
      first.header.generation === this.#checked.generation
      ? first
      : undefined;
  }

  /** The newest slot whose content is good, and whether something that is not may be newer. */
  async #newest(slots: readonly Slot[]): Promise<Newest> {
    let damaged = slots.some(({ header, empty }) => header === undefined && !empty);
    for (const slot of byAge(slots)) {
      const bytes = await this.#folder.read(slot.file);
      const content = bytes && (await readContent(bytes));
      if (content !== undefined) {
        this.#checked = slot.header;
        // From the second write on neither slot is empty.
        damaged ||= slot.header.generation > 1 && slots.some(({ empty }) => empty);
        return { newest: slot, content, damaged };
      }
      damaged = true;
    }
    return { newest: undefined, content: undefined, damaged };
  }

  /** What the version without checksums kept: two slots, and a file that names the one to read. */
  async #earlierVersion(): Promise<Bytes | undefined> {
    const marker = await this.#folder.read(`${this.#name}.current`);
    const slot = marker && new TextDecoder().decode(marker);
    if (slot === 'a' || slot === 'b') {
      const content = await this.#folder.read(`${this.#name}.${slot}`);
      if (content !== undefined) return content;
    }
    const names = new Set((await this.#folder.files()).map(({ name }) => name));
    if (['current', 'a', 'b'].some((end) => names.has(`${this.#name}.${end}`))) throw this.#lost();
    return undefined;
  }

  async #removeEarlierVersion(): Promise<void> {
    try {
      for (const end of ['current', 'a', 'b']) await this.#folder.remove(`${this.#name}.${end}`);
    } catch (error) {
      // They take room and are not read any more.
      if (!(error instanceof StorageError)) throw error;
    }
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#owners.alone(`file/${this.#path}`, work, { wait: true }) as Promise<Result>;
  }

  get #path(): string {
    return pathBelow(this.#folder.path, this.#name);
  }

  #olderCopy(): Notice {
    return notice(
      'doubtful',
      'The newest copy of a file is damaged or was not written to its end; the copy before it is used.',
      [this.#path],
    );
  }

  #lost(): StorageError {
    const item = this.#folder.path.split('/').at(-1);
    return new StorageError(
      `${this.#path} is damaged: its checksum does not fit, and there is no good copy before it. Delete "${item}" under Storage and begin it anew.`,
    );
  }
}

type Newest =
  | { newest: Slot; content: Bytes; damaged: boolean }
  | { newest: undefined; content: undefined; damaged: boolean };

/** Slots with a header, the newest first. */
function byAge(slots: readonly Slot[]): (Slot & { header: Header })[] {
  return slots
    .filter((slot): slot is Slot & { header: Header } => slot.header !== undefined)
    .sort((a, b) => b.header.generation - a.header.generation);
}
