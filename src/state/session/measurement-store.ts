/**
 * Measurements as they outlive the page, each under all that decides its numbers, so that none is
 * shown for another model or other settings; numbers are added as they come.
 */
import { decisivePart, textInOrder } from '../../exchange/familiarity-record/setup.ts';
import type { PageDatabase } from '../database.ts';
import type { KeptMeasurement, MeasuredWith } from '../measured-with.ts';
import type { MeasuredText } from '../measurements.svelte.ts';
import type { MeasurementHead, SessionStores } from './records.ts';

/** Answers in one record: it is written anew until it is full. */
const ANSWERS = 256;
/** Measurements kept; those not used for the longest time go first. */
const MOST = 20;

/** Numbers that arrive, and how far they are kept. */
interface Growing {
  key: string;
  saved: number;
  chunk: { number: number; answers: readonly MeasuredText[] };
}

export class MeasurementStore {
  readonly #database: PageDatabase<SessionStores>;
  #growing = new WeakMap<readonly MeasuredText[], Growing>();
  /** As they are kept, by key. */
  #heads = new Map<string, MeasurementHead>();

  constructor(database: PageDatabase<SessionStores>) {
    this.#database = database;
  }

  /** The one that was used last. */
  async load(): Promise<KeptMeasurement | undefined> {
    const heads = await this.#database.all('measurements');
    const [last, ...others] = heads.sort((a, b) => b.usedAt - a.usedAt);
    for (const { key } of others.slice(MOST - 1)) await this.#delete(key);
    return last && this.#read(last);
  }

  /** What was measured by this page with exactly this model and these settings. */
  async find(made: MeasuredWith): Promise<KeptMeasurement | undefined> {
    const head = await this.#database.get('measurements', keyOf(made));
    return head && this.#read(head);
  }

  /** @param kept how many of the answers came from here */
  async save(measurement: KeptMeasurement, kept: number): Promise<void> {
    const { made, answers, promptNotices, ownAnswers } = measurement;
    const key = keyOf(made);
    const known = this.#heads.get(key);
    let growing = this.#growing.get(answers);
    // Measured again: the numbers of before are in the way.
    if (growing === undefined && kept === 0 && known !== undefined) {
      await this.#database.write([{ store: 'measured', deleteGroup: key }]);
    }
    growing ??= { key, saved: kept, chunk: newChunk() };
    this.#growing.set(answers, growing);
    const head = { key, made, promptNotices, ownAnswers, usedAt: known?.usedAt ?? Date.now() };
    if (known === undefined || !same(known, head)) {
      await this.#database.write([{ store: 'measurements', put: head }]);
      this.#heads.set(key, head);
    }
    while (growing.saved < answers.length) {
      if (growing.chunk.answers.length === ANSWERS) growing.chunk = newChunk();
      const room = ANSWERS - growing.chunk.answers.length;
      const added = answers.slice(growing.saved, growing.saved + room);
      const { number } = growing.chunk;
      growing.chunk = { number, answers: [...growing.chunk.answers, ...added] };
      const record = { measurement: key, chunk: number, answers: growing.chunk.answers };
      await this.#database.write([{ store: 'measured', put: record }]);
      growing.saved += added.length;
    }
  }

  /** Another tab has deleted everything: all of it is to be written anew. */
  forget(): void {
    this.#heads = new Map();
    this.#growing = new WeakMap();
  }

  async #read(head: MeasurementHead): Promise<KeptMeasurement> {
    const { key, made, promptNotices, ownAnswers } = head;
    const answers: MeasuredText[] = [];
    for (const place of await this.#database.keys('measured', key)) {
      const chunk = await this.#database.get('measured', place);
      answers.push(...(chunk?.answers ?? []));
    }
    const used = { ...head, usedAt: Date.now() };
    this.#heads.set(key, used);
    await this.#database.write([{ store: 'measurements', put: used }]);
    return { made, answers, promptNotices, ownAnswers };
  }

  async #delete(key: string): Promise<void> {
    await this.#database.write([
      { store: 'measurements', delete: key },
      { store: 'measured', deleteGroup: key },
    ]);
  }
}

/** One that was opened from a record is somebody else's: it never stands for a measurement of this page. */
function keyOf({ setup, opened }: MeasuredWith): string {
  return `${opened === undefined ? '' : 'record '}${decisivePart(setup)}`;
}

/** Later ones come after earlier ones, and no other tab has the number. */
function newChunk(): Growing['chunk'] {
  return { number: Date.now() + Math.random(), answers: [] };
}

function same(a: MeasurementHead, b: MeasurementHead): boolean {
  return textInOrder(a) === textInOrder(b);
}
