/**
 * How the page keeps things in IndexedDB: every record is checked by itself when it is read, and one
 * that cannot be read is set aside and named while the others are there. Writing never fails: what
 * the browser does not take stays in memory, is read from there, and is tried again with a later write.
 *
 * A record handed over for writing must not be changed afterwards.
 */
import * as v from 'valibot';
import { describeIssue } from '../settings-schema.ts';
import { PageConnection, type Entry, type Key, type KeyPath } from './page-connection.ts';
import { askToPersist } from './persist.ts';

/** One kind of records. */
export interface StoreOf<Value> {
  keyPath: KeyPath;
  /** What a record must be to be used; looser than its type where an earlier version kept less. */
  schema: v.GenericSchema<unknown, Value>;
  /** What a person calls a record: "run". */
  called: string;
  /** Nobody would miss it: the browser is not asked to keep it. */
  minor?: boolean;
}

/** A store whose records are taken for their type once the schema has passed them. */
export function storeOf<Value>(
  keyPath: KeyPath,
  called: string,
  schema: v.GenericSchema,
  minor = false,
): StoreOf<Value> {
  return { keyPath, called, schema: schema as v.GenericSchema<unknown, Value>, minor };
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each store has a value type of its own
export type Stores = Readonly<Record<string, StoreOf<any>>>;
export type ValueIn<Kinds extends Stores, Name extends keyof Kinds> =
  Kinds[Name] extends StoreOf<infer Value> ? Value : never;

export type Change<Kinds extends Stores> = {
  [Name in keyof Kinds & string]:
    | { store: Name; put: ValueIn<Kinds, Name> }
    | { store: Name; delete: Key }
    /** Every record whose key begins with it. */
    | { store: Name; deleteGroup: string };
}[keyof Kinds & string];

/** A record that is there and cannot be read. */
export interface BadRecord {
  store: string;
  key: Key;
  called: string;
  /** What is wrong with it, a plain sentence each. */
  problems: readonly string[];
}

/** What a page has to tell about its database. */
export interface DatabaseState {
  /** Why something is in this tab's memory only; undefined as soon as all is written. */
  readonly refused: string | undefined;
  /** Set aside since the page was opened. */
  readonly bad: readonly BadRecord[];
}

interface Options {
  /** Milliseconds from a write that failed to the next that is tried. */
  retryMs?: number;
}

const RETRY_MS = 5000;

export class PageDatabase<Kinds extends Stores> implements DatabaseState {
  refused: string | undefined;
  bad: readonly BadRecord[] = [];
  readonly #kinds: Kinds;
  readonly #connection: PageConnection;
  readonly #retryMs: number;
  readonly #listeners = new Set<(news: DatabaseState) => void>();
  /** By store and key, in the order in which they were last changed. */
  readonly #memory = new Map<string, Entry>();
  /** Everything asked so far, in its order; never rejects. */
  #work: Promise<unknown> = Promise.resolve();
  #failedAt = -Infinity;

  constructor(name: string, version: number, kinds: Kinds, { retryMs = RETRY_MS }: Options = {}) {
    this.#kinds = kinds;
    this.#retryMs = retryMs;
    const keyPaths = Object.entries(kinds).map(([store, { keyPath }]) => [store, keyPath] as const);
    this.#connection = new PageConnection(name, version, Object.fromEntries(keyPaths));
  }

  /** Calls back whenever `refused` or `bad` changes. @returns how to stop listening */
  onchange(listener: (news: DatabaseState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Every record that can be read, or those of a group, by key; of these none below `from`. */
  all<Name extends keyof Kinds & string>(
    store: Name,
    group?: string,
    from = -Infinity,
  ): Promise<ValueIn<Kinds, Name>[]> {
    return this.#inTurn(async () => {
      const found = new Map<string, unknown>();
      for (const [key, value] of await this.#stored(store, group, from)) {
        const checked = this.#memory.has(placeOf(store, key))
          ? undefined
          : this.#check(store, key, value);
        if (checked !== undefined) found.set(placeOf(store, key), checked);
      }
      for (const [place, pending] of this.#pending(store, group, from)) {
        if (pending.value !== undefined) found.set(place, structuredClone(pending.value));
      }
      return [...found.values()] as ValueIn<Kinds, Name>[];
    });
  }

  /** Undefined when it is not there, or cannot be read and is among `bad`. */
  get<Name extends keyof Kinds & string>(
    store: Name,
    key: Key,
  ): Promise<ValueIn<Kinds, Name> | undefined> {
    return this.#inTurn(async () => {
      const pending = this.#memory.get(placeOf(store, key));
      if (pending !== undefined) return structuredClone(pending.value) as ValueIn<Kinds, Name>;
      const value = await this.#one(store, key);
      return value === undefined
        ? undefined
        : (this.#check(store, key, value) as ValueIn<Kinds, Name>);
    });
  }

  /** Keys of all records, readable or not. */
  keys(store: keyof Kinds & string, group?: string): Promise<Key[]> {
    return this.#inTurn(() => this.#keys(store, group));
  }

  /** All of them at once or none; those that the browser does not take are kept in memory. */
  write(changes: readonly Change<Kinds>[]): Promise<void> {
    return this.#inTurn(async () => {
      const missed = (change: Change<Kinds>): boolean =>
        'put' in change && this.#kinds[change.store]!.minor !== true;
      if (changes.some(missed)) void askToPersist();
      for (const change of changes) await this.#remember(change);
      if (performance.now() - this.#failedAt >= this.#retryMs) await this.#writeMemory();
    });
  }

  /** Deletes a record that cannot be read. */
  async forget({ store, key }: BadRecord): Promise<void> {
    await this.write([{ store, delete: key }]);
    this.bad = this.bad.filter((one) => placeOf(one.store, one.key) !== placeOf(store, key));
    this.#tell();
  }

  close(): void {
    this.#connection.close();
  }

  async #remember(change: Change<Kinds>): Promise<void> {
    const { store } = change;
    const set = (key: Key, value: unknown): void => {
      const place = placeOf(store, key);
      this.#memory.delete(place);
      this.#memory.set(place, { store, key, value });
    };
    if ('put' in change) set(this.#keyOf(store, change.put), change.put);
    else if ('delete' in change) set(change.delete, undefined);
    else for (const key of await this.#keys(store, change.deleteGroup)) set(key, undefined);
  }

  /** Together, so that what belongs together is never written by halves; one by one when that is too much. */
  async #writeMemory(): Promise<void> {
    try {
      await this.#connection.write([...this.#memory.values()]);
      this.#memory.clear();
      this.#say(undefined);
    } catch (error) {
      this.#failedAt = performance.now();
      this.#say(reasonOf(error));
      if (!isFull(error)) return;
      for (const [place, pending] of [...this.#memory]) {
        try {
          await this.#connection.write([pending]);
          this.#memory.delete(place);
        } catch {
          // Stays in memory, which has been said.
        }
      }
      if (this.#memory.size === 0) this.#say(undefined);
    }
  }

  /** What the browser has, unchecked; a record it cannot even hand over is set aside. */
  async #stored(store: string, group: string | undefined, from: number): Promise<[Key, unknown][]> {
    try {
      return await this.#connection.all(store, group, from);
    } catch {
      const found: [Key, unknown][] = [];
      for (const key of await this.#keys(store, group)) {
        if (withinOf(key) < from) continue;
        const value = await this.#one(store, key);
        if (value !== undefined) found.push([key, value]);
      }
      return found;
    }
  }

  async #one(store: string, key: Key): Promise<unknown> {
    try {
      return await this.#connection.one(store, key);
    } catch (error) {
      if (await this.#reachable(store)) {
        this.setAside(store, key, [`The browser cannot read it (${plain(error)}).`]);
      }
      return undefined;
    }
  }

  async #reachable(store: string): Promise<boolean> {
    try {
      await this.#connection.keys(store, undefined);
      return true;
    } catch (error) {
      this.#say(reasonOf(error));
      return false;
    }
  }

  async #keys(store: string, group: string | undefined): Promise<Key[]> {
    const found = new Map<string, Key>();
    try {
      for (const key of await this.#connection.keys(store, group)) {
        found.set(placeOf(store, key), key);
      }
    } catch (error) {
      this.#say(reasonOf(error));
    }
    for (const [place, { key, value }] of this.#pending(store, group)) {
      if (value === undefined) found.delete(place);
      else found.set(place, key);
    }
    return [...found.values()];
  }

  #pending(store: string, group: string | undefined, from = -Infinity): [string, Entry][] {
    return [...this.#memory].filter(
      ([, pending]) =>
        pending.store === store &&
        (group === undefined || (groupOf(pending.key) === group && withinOf(pending.key) >= from)),
    );
  }

  /** The record as the schema gives it; undefined when it is set aside. */
  #check(store: string, key: Key, value: unknown): unknown {
    const result = v.safeParse(this.#kinds[store]!.schema, value);
    if (!result.success) {
      this.setAside(store, key, result.issues.map(describeIssue));
      return undefined;
    }
    return result.output;
  }

  /** Names a record that its schema alone would pass. */
  setAside(store: string, key: Key, problems: readonly string[]): void {
    const place = placeOf(store, key);
    if (this.bad.some((one) => placeOf(one.store, one.key) === place)) return;
    this.bad = [...this.bad, { store, key, called: this.#kinds[store]!.called, problems }];
    this.#tell();
  }

  #say(refused: string | undefined): void {
    if (this.refused === refused) return;
    this.refused = refused;
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener(this);
  }

  #keyOf(store: string, value: unknown): Key {
    const { keyPath } = this.#kinds[store]!;
    const record = value as Record<string, unknown>;
    if (typeof keyPath === 'string') return record[keyPath] as string;
    return [record[keyPath[0]] as string, record[keyPath[1]] as number];
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#work.then(work);
    this.#work = result.catch(() => undefined);
    return result;
  }
}

const placeOf = (store: string, key: Key): string => JSON.stringify([store, key]);
const withinOf = (key: Key): number => (typeof key === 'string' ? Infinity : key[1]);
const groupOf = (key: Key): string => (typeof key === 'string' ? key : key[0]);

const isFull = (error: unknown): boolean =>
  error instanceof Error && error.name === 'QuotaExceededError';
const plain = (error: unknown): string =>
  error instanceof Error ? error.message || error.name : String(error);

function reasonOf(error: unknown): string {
  const name = error instanceof Error ? error.name : '';
  if (isFull(error)) return 'The room that this browser gives the page is full.';
  if (name === 'VersionError') {
    return 'Another tab has a newer version of this page open: reload this one.';
  }
  return `This browser keeps nothing for this page (${plain(error)}).`;
}
