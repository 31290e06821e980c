/** Answers that are being changed by hand, by set and row, until they become a set of their own. */
import { SvelteMap } from 'svelte/reactivity';

/** Of one set: row id and text. */
export type SetEdits = readonly [setId: string, edits: readonly (readonly [string, string])[]];

export class HandEdits {
  readonly #bySet = new SvelteMap<string, SvelteMap<string, string>>();

  of(setId: string): SvelteMap<string, string> {
    const edits = this.#bySet.get(setId) ?? new SvelteMap<string, string>();
    this.#bySet.set(setId, edits);
    return edits;
  }

  /** Every set with changes. */
  get all(): SetEdits[] {
    return [...this.#bySet]
      .map(([setId, edits]): SetEdits => [setId, [...edits]])
      .filter(([, edits]) => edits.length > 0);
  }

  get count(): number {
    return this.all.reduce((sum, [, edits]) => sum + edits.length, 0);
  }

  countOf(setId: string): number {
    return this.#bySet.get(setId)?.size ?? 0;
  }

  bringBack(all: readonly SetEdits[]): void {
    for (const [setId, edits] of all) {
      for (const [rowId, text] of edits) this.of(setId).set(rowId, text);
    }
  }
}
