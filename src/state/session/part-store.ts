/** The small records of a visit; one that is the same as the one that is kept is not written. */
import { textInOrder } from '../../exchange/familiarity-record/setup.ts';
import type { PageDatabase } from '../database.ts';
import type { Part, PartName, SessionStores } from './records.ts';

export class PartStore {
  readonly #database: PageDatabase<SessionStores>;
  /** As they were last read or written. */
  readonly #kept = new Map<PartName, Part>();

  constructor(database: PageDatabase<SessionStores>) {
    this.#database = database;
  }

  async get<Name extends PartName>(name: Name): Promise<Extract<Part, { name: Name }> | undefined> {
    const part = await this.#database.get('parts', name);
    if (part !== undefined) this.#kept.set(name, part);
    return part as Extract<Part, { name: Name }> | undefined;
  }

  async put(part: Part): Promise<void> {
    const { name } = part;
    // Of a file, JSON would show nothing.
    const comparable = name !== 'experiment-files';
    if (comparable && textInOrder(this.#kept.get(name)) === textInOrder(part)) return;
    this.#kept.set(name, part);
    await this.#database.write([{ store: 'parts', put: part }]);
  }

  async delete(name: PartName): Promise<void> {
    this.#kept.delete(name);
    await this.#database.write([{ store: 'parts', delete: name }]);
  }

  /** Another tab has deleted everything: all of it is to be written anew. */
  forget(): void {
    this.#kept.clear();
  }
}
