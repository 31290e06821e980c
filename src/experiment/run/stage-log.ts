/**
 * What a stage has done so far: answers and measurements in the order in which they were asked for,
 * and where a training is. Carried out again, the stage finds them and goes on where it was, with the
 * same numbers. A store that refuses never ends a stage: it goes on and is done anew after a kill.
 */
import { DataError, ModelFileError } from '../../errors.ts';
import { notice, type Notice } from '../../notices.ts';
import type { ResultStore, StageLogState } from './results.ts';

/** Longest time of a stage's work that is not kept. */
const SAVE_SECONDS = 30;

export interface StageLogParts {
  store: ResultStore;
  /** Milliseconds of a steady clock. */
  now: () => number;
  notice: (notice: Notice) => void;
}

export class StageLog {
  readonly #id: string;
  readonly #parts: StageLogParts;
  readonly #state: StageLogState;
  readonly #calls = new Map<string, number>();
  readonly #began: number;
  #saved: number;
  #refused = false;

  private constructor(id: string, parts: StageLogParts, state: StageLogState) {
    this.#id = id;
    this.#parts = parts;
    this.#state = state;
    this.#began = this.#saved = parts.now();
  }

  /** Of a stage that is under way, or about to begin. */
  static async open(id: string, parts: StageLogParts): Promise<StageLog> {
    const empty: StageLogState = { seconds: 0, values: {}, bytes: {} };
    try {
      return new StageLog(id, parts, (await parts.store.underWay?.read(id)) ?? empty);
    } catch (error) {
      const text = `${id} begins anew, since what was kept of it cannot be read: ${textOf(error)}`;
      parts.notice(notice('dropped', text));
      return new StageLog(id, parts, empty);
    }
  }

  /** Spent on the stage, before an interruption too. */
  seconds(): number {
    return this.#state.seconds + this.#sinceBegan();
  }

  /** What was found before, or is found now and kept. Calls by one name are told apart by their order. */
  async once<Value>(name: string, work: () => Promise<Value>): Promise<Value> {
    const call = this.#calls.get(name) ?? 0;
    this.#calls.set(name, call + 1);
    const key = `${name}/${call}`;
    if (key in this.#state.values) return this.#state.values[key] as Value;
    const value = await work();
    this.#state.values[key] = value;
    await this.saveIfDue();
    return value;
  }

  value(key: string): unknown {
    return this.#state.values[key];
  }

  bytes(key: string): Record<string, Uint8Array<ArrayBuffer>> | undefined {
    return this.#state.bytes[key];
  }

  /** Both at once: after a kill both are there or neither. */
  set(key: string, value: unknown, bytes?: Record<string, Uint8Array<ArrayBuffer>>): void {
    this.#state.values[key] = value;
    if (bytes) this.#state.bytes[key] = bytes;
  }

  /** Drops a key and those below it. */
  forget(key: string): void {
    for (const table of [this.#state.values, this.#state.bytes]) {
      for (const known of Object.keys(table)) {
        if (known === key || known.startsWith(`${key}/`)) Reflect.deleteProperty(table, known);
      }
    }
  }

  /** Whether there is somewhere to keep a training. */
  get keeps(): boolean {
    return this.#parts.store.underWay !== undefined;
  }

  get due(): boolean {
    return this.keeps && this.#parts.now() - this.#saved >= 1000 * SAVE_SECONDS;
  }

  async saveIfDue(): Promise<void> {
    if (this.due) await this.#save();
  }

  /** A stage that failed of what it was given begins anew the next time; any other goes on. */
  async failed(error: unknown): Promise<void> {
    if (error instanceof DataError || error instanceof ModelFileError) await this.clear();
    else await this.#save();
  }

  /** The stage is finished. */
  async clear(): Promise<void> {
    await this.#softly(() => this.#parts.store.underWay?.clear());
  }

  async #save(): Promise<void> {
    const state = { ...this.#state, seconds: this.seconds() };
    await this.#softly(() => this.#parts.store.underWay?.write(this.#id, state));
    this.#saved = this.#parts.now();
  }

  async #softly(write: () => Promise<void> | undefined): Promise<void> {
    if (this.#refused) return;
    try {
      await write();
    } catch (error) {
      this.#refused = true;
      const text = `What ${this.#id} has done so far cannot be kept, and is done anew should this be interrupted: ${textOf(error)}`;
      this.#parts.notice(notice('info', text));
    }
  }

  #sinceBegan(): number {
    return (this.#parts.now() - this.#began) / 1000;
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
