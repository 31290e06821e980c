/** A person's response sets as they outlive the page: a set's answers are written once, in parts. */
import type { ResponseRow } from '../../data/response-set.ts';
import type { AnswerSet } from '../answer-set.ts';
import { textInOrder } from '../../exchange/familiarity-record/setup.ts';
import type { PageDatabase } from '../database.ts';
import { newRunId, timeOfId } from '../run-record.ts';
import type { SessionStores, SetHead } from './records.ts';

/** So few that writing and reading them never holds up a frame. */
const ROWS = 1000;
/** Answers without a set are another tab's that is just writing them, or what a crash has left. */
const WRITING_MS = 24 * 3600 * 1000;

export interface LoadedSets {
  sets: Omit<AnswerSet, 'example'>[];
  /** Sets that are not whole, a sentence each. */
  problems: string[];
}

export class SetStore {
  readonly #database: PageDatabase<SessionStores>;
  /** Key by answers, which never change. */
  readonly #keys = new WeakMap<readonly ResponseRow[], string>();
  /** As they are kept, by key. */
  #kept = new Map<string, SetHead>();

  constructor(database: PageDatabase<SessionStores>) {
    this.#database = database;
  }

  /** In their order. */
  async load(): Promise<LoadedSets> {
    const heads = await this.#database.all('sets');
    heads.sort((a, b) => a.order - b.order || (a.key < b.key ? -1 : 1));
    const loaded: LoadedSets = { sets: [], problems: [] };
    for (const head of heads) {
      const rows = await this.#rows(head);
      if (rows.length === head.count) {
        const { key, slot, shown } = head;
        this.#keys.set(rows, key);
        this.#kept.set(key, head);
        loaded.sets.push({ set: { ...head.facts, rows }, slot, shown });
      } else {
        loaded.problems.push(
          `${rows.length} of the ${head.count} answers of “${head.facts.name}” are left.`,
        );
      }
    }
    await this.#sweep(new Set(heads.map(({ key }) => key)));
    return loaded;
  }

  /** Makes what is kept the same as what is here; sets of other tabs stay. */
  async save(entries: readonly AnswerSet[]): Promise<void> {
    const here = new Set<string>();
    for (const [order, entry] of entries.entries()) {
      if (entry.example) continue;
      const { rows } = entry.set;
      const key = this.#keys.get(rows) ?? newRunId();
      this.#keys.set(rows, key);
      here.add(key);
      const known = this.#kept.get(key);
      const head = headOf(entry, key, order);
      if (known !== undefined && textInOrder(known) === textInOrder(head)) continue;
      if (known === undefined) await this.#write(key, rows);
      await this.#database.write([{ store: 'sets', put: head }]);
      this.#kept.set(key, head);
    }
    for (const key of [...this.#kept.keys()]) {
      if (here.has(key)) continue;
      this.#kept.delete(key);
      await this.#delete(key);
    }
  }

  /** Another tab has deleted everything: all of it is to be written anew. */
  forget(): void {
    this.#kept = new Map();
  }

  async #write(key: string, rows: readonly ResponseRow[]): Promise<void> {
    for (let from = 0; from < rows.length; from += ROWS) {
      const part = { set: key, from, rows: rows.slice(from, from + ROWS) };
      await this.#database.write([{ store: 'rows', put: part }]);
    }
  }

  async #rows({ key }: SetHead): Promise<ResponseRow[]> {
    const rows: ResponseRow[] = [];
    for (const place of await this.#database.keys('rows', key)) {
      const part = await this.#database.get('rows', place);
      if (part?.from === rows.length) rows.push(...part.rows);
    }
    return rows;
  }

  async #sweep(known: ReadonlySet<string>): Promise<void> {
    const groups = new Set((await this.#database.keys('rows')).map((place) => place[0]));
    for (const key of groups) {
      const age = Date.now() - (timeOfId(key)?.getTime() ?? Date.now());
      const headIsThere = known.has(key) || (await this.#database.keys('sets')).includes(key);
      if (!headIsThere && age > WRITING_MS) await this.#delete(key);
    }
  }

  async #delete(key: string): Promise<void> {
    await this.#database.write([
      { store: 'sets', delete: key },
      { store: 'rows', deleteGroup: key },
    ]);
  }
}

function headOf({ set, slot, shown }: AnswerSet, key: string, order: number): SetHead {
  const { rows, ...facts } = set;
  return { key, count: rows.length, order, slot, shown, facts };
}
