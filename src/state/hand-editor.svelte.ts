/**
 * Answers mended by hand, one question at a time: a set's answer beside a right one, the words in
 * which they differ, and what each change does to the model's surprise.
 */
import { SvelteMap } from 'svelte/reactivity';
import type { ResponseRow, ResponseSet } from '../data/response-set.ts';
import { diffWords, takeParts, type DiffPart } from '../data/word-diff.ts';
import type { AnswerRule } from '../evaluate/extract-answer.ts';
import { isRight } from '../evaluate/is-right.ts';
import { usualRule } from '../experiment/sets/known-questions.ts';
import { familiarityFields } from '../familiarity/config.ts';
import { defaultsOf } from '../fields.ts';
import type { AnswersState } from './answers.svelte.ts';
import type { HandEdits } from './hand-edits.ts';
import { Job, type Activity } from './job.svelte.ts';
import type { TrainerClient } from './trainer-client.ts';

export interface HandEditorParts {
  activity: Activity;
  client: TrainerClient;
  answers: AnswersState;
  handEdits: HandEdits;
}

export class HandEditor {
  readonly set: ResponseSet;
  /** Answers that were changed, by row id. */
  readonly edited: SvelteMap<string, string>;
  /** The set whose answers are compared with. */
  referenceId = $state('');
  /** Only questions whose final answer was wrong at the start. */
  wrongOnly = $state(false);
  readonly measuring: Job;
  #at = $state(0);
  /** Perplexity of texts that were measured: row id and text → number. */
  readonly #measured = new SvelteMap<string, number>();
  readonly #parts: HandEditorParts;
  readonly #rule: AnswerRule;

  constructor(parts: HandEditorParts, set: ResponseSet) {
    this.#parts = parts;
    this.set = set;
    this.edited = parts.handEdits.of(set.id);
    this.#rule = usualRule(set.rows);
    this.measuring = new Job(parts.activity, parts.client, { name: 'Measuring the change' });
    this.referenceId = this.references[0]?.id ?? '';
    this.wrongOnly = this.set.rows.some((row) => this.#rightAs(row, row.response) === false);
  }

  /** Sets that answer the same questions. */
  readonly references = $derived.by(() => {
    const ids = new Set(this.set.rows.map(({ id }) => id));
    return this.#parts.answers.sets
      .map(({ set }) => set)
      .filter(({ id, rows }) => id !== this.set.id && rows.some((row) => ids.has(row.id)));
  });

  readonly rows = $derived.by(() =>
    this.wrongOnly
      ? this.set.rows.filter((row) => this.#rightAs(row, row.response) === false)
      : this.set.rows,
  );
  /** Position of the question on screen among `rows`. */
  readonly at = $derived(Math.min(this.#at, Math.max(0, this.rows.length - 1)));
  readonly row = $derived(this.rows[this.at]);
  readonly text = $derived(this.row === undefined ? '' : this.textOf(this.row));
  readonly reference = $derived.by(() => {
    const set = this.references.find(({ id }) => id === this.referenceId);
    return set?.rows.find(({ id }) => id === this.row?.id)?.response;
  });
  readonly parts = $derived.by((): DiffPart[] =>
    this.reference === undefined ? [] : diffWords(this.text, this.reference),
  );
  /** Whether the final answer is right; undefined when the data has no right answer. */
  readonly right = $derived(
    this.row === undefined ? undefined : this.#rightAs(this.row, this.text),
  );
  readonly perplexity = $derived(this.#perplexityOf(this.text));
  readonly perplexityBefore = $derived(this.#perplexityOf(this.row?.response));
  /** Answers that stand now with a right final answer. */
  readonly rightCount = $derived.by(
    () => this.set.rows.filter((row) => this.#rightAs(row, this.textOf(row)) === true).length,
  );

  textOf(row: ResponseRow): string {
    return this.edited.get(row.id) ?? row.response;
  }

  readonly move = (by: number): void => {
    const count = this.rows.length;
    if (count > 0) this.#at = (this.at + by + count) % count;
  };

  readonly write = (text: string): void => {
    if (this.row === undefined) return;
    if (text === this.row.response) this.edited.delete(this.row.id);
    else this.edited.set(this.row.id, text);
  };

  /** Takes the other set's words at one difference. */
  readonly take = (part: number): void => this.write(takeParts(this.parts, new Set([part])));

  /** Takes all of its words from this difference to the end. */
  readonly takeFrom = (part: number): void => {
    const rest = this.parts.map((_, i) => i).filter((i) => i >= part);
    this.write(takeParts(this.parts, new Set(rest)));
  };

  readonly reset = (): void => this.write(this.row?.response ?? '');

  /** Measures the answer as it came and as it stands; nothing while something else has the worker. */
  readonly measure = async (): Promise<void> => {
    const { row, text } = this;
    const { answers, client } = this.#parts;
    if (row === undefined) return;
    const missing = [...new Set([row.response, text])].filter(
      (response) => response !== '' && !this.#measured.has(keyOf(row.id, response)),
    );
    if (missing.length === 0) return;
    const rows = missing.map((response, i) => ({ ...row, id: String(i), response }));
    const request = $state.snapshot({
      sets: [{ id: 'edited', name: 'edited', rows }],
      prompt: answers.prompt,
      familiarity: { ...defaultsOf(familiarityFields), encoding: answers.encoding },
    });
    const total = { done: 0, total: missing.length, unit: 'answers' };
    const results = await this.measuring.run(total, () =>
      client.api.measure(request, () => Promise.resolve()),
    );
    for (const { rowId, perplexity } of results?.[0]?.rows ?? []) {
      this.#measured.set(keyOf(row.id, missing[Number(rowId)]!), perplexity);
    }
  };

  /** Adds the answers as they stand as a set of its own. @returns its name */
  readonly save = (): string => {
    const { set, edited, rightCount } = this;
    const changed = `${edited.size} of ${set.rows.length}`;
    const provenance = `“${set.name}” with ${changed} answers mended by hand; ${rightCount} final answers are right. ${set.provenance ?? ''}`;
    const name = `${set.name}, by hand`;
    this.#parts.answers.add([
      {
        ...set,
        name,
        description: provenance.trim(),
        provenance: provenance.trim(),
        rows: set.rows.map((row) => ({ ...row, response: this.textOf(row) })),
      },
    ]);
    edited.clear();
    return name;
  };

  #rightAs(row: ResponseRow, text: string): boolean | undefined {
    return isRight(this.#rule, row, text);
  }

  #perplexityOf(text: string | undefined): number | undefined {
    if (this.row === undefined || text === undefined) return undefined;
    return this.#measured.get(keyOf(this.row.id, text));
  }
}

const keyOf = (rowId: string, text: string): string => `${rowId}\n${text}`;
