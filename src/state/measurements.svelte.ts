/**
 * What was measured, by the text of question and answer: joining, hiding or renaming sets never
 * costs a measurement.
 */
import { questionKey, type ResponseRow, type ResponseSet } from '../data/response-set.ts';
import type { RowFamiliarity } from '../familiarity/config.ts';
import { uniqueNotices, type Notice } from '../notices.ts';

/** Rows of one set as they come, or at the end with those that could not be scored. */
interface MeasuredRows {
  setId: string;
  rows: readonly RowFamiliarity[];
  skipped?: readonly { rowId: string; reason: string }[] | undefined;
  promptNotices?: readonly Notice[] | undefined;
}

/** One answer with its question, and its numbers or why it has none. */
export interface MeasuredText {
  text: string;
  row?: RowFamiliarity | undefined;
  reason?: string | undefined;
}

export class Measurements {
  /** Raised when rows arrive; the rows themselves are plain. */
  #version = $state(0);
  /** Everything that has arrived, in its order; a new list after `clear`. */
  #arrived: MeasuredText[] = [];
  /** How many of them came from where they are kept. */
  kept = 0;
  #byText = new Map<string, RowFamiliarity>();
  /** Answers that could not be scored, with the reason. */
  #skipped = new Map<string, string>();
  #promptNotices: readonly Notice[] = [];

  find(row: ResponseRow): RowFamiliarity | undefined {
    void this.#version;
    const found = this.#byText.get(textKey(row));
    return found === undefined || found.rowId === row.id ? found : { ...found, rowId: row.id };
  }

  /** What the prompt format assumes or leaves out of the answers. */
  get promptNotices(): readonly Notice[] {
    void this.#version;
    return this.#promptNotices;
  }

  /** Why an answer has no number, when it could not be scored. */
  reason(row: ResponseRow): string | undefined {
    void this.#version;
    return this.#skipped.get(textKey(row));
  }

  /** The answers that are neither measured nor known to be beyond it, as sets. */
  missing(sets: readonly ResponseSet[]): ResponseSet[] {
    void this.#version;
    const isMissing = (row: ResponseRow): boolean => {
      const key = textKey(row);
      return !this.#byText.has(key) && !this.#skipped.has(key);
    };
    return sets
      .map((set) => ({ ...set, rows: set.rows.filter(isMissing) }))
      .filter((set) => set.rows.length > 0);
  }

  /** A function that takes in numbers of these sets as they come. */
  intake(sets: readonly ResponseSet[]): (found: MeasuredRows) => void {
    const texts = new Map<string, string>();
    for (const set of sets) {
      for (const row of set.rows) texts.set(`${set.id}/${row.id}`, textKey(row));
    }
    return ({ setId, rows, skipped = [], promptNotices = [] }) => {
      this.#promptNotices = uniqueNotices([...this.#promptNotices, ...promptNotices]);
      for (const row of rows) this.#take({ text: texts.get(`${setId}/${row.rowId}`)!, row });
      for (const { rowId, reason } of skipped) {
        this.#take({ text: texts.get(`${setId}/${rowId}`)!, reason });
      }
      this.#version++;
    };
  }

  /** All that was measured, in order of arrival; only ever longer until everything is cleared. */
  get arrived(): readonly MeasuredText[] {
    void this.#version;
    return this.#arrived;
  }

  get size(): number {
    return this.arrived.length;
  }

  /** Takes back what is kept, in place of what is here. */
  bringBack(answers: readonly MeasuredText[], promptNotices: readonly Notice[]): void {
    this.clear();
    for (const answer of answers) this.#take(answer);
    this.kept = this.#arrived.length;
    this.#promptNotices = promptNotices;
    this.#version++;
  }

  /** Rows that came batch by batch come once more at the end of a measurement. */
  #take(answer: MeasuredText): void {
    const { text, row, reason } = answer;
    if (row === undefined ? this.#skipped.has(text) : this.#byText.get(text) === row) return;
    const known = this.#byText.has(text);
    if (row !== undefined) this.#byText.set(text, row);
    if (reason !== undefined) this.#skipped.set(text, reason);
    if (!known) this.#arrived.push(answer);
  }

  clear(): void {
    this.#byText = new Map();
    this.#skipped = new Map();
    this.#promptNotices = [];
    this.#arrived = [];
    this.kept = 0;
    this.#version++;
  }
}

function textKey(row: ResponseRow): string {
  return `${questionKey(row)}\u0000${row.response}`;
}
