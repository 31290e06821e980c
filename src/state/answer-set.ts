/** A response set with its place on the page. */
import type { ResponseSet } from '../data/response-set.ts';

export interface AnswerSet {
  readonly set: ResponseSet;
  /** 1 to 8: which of the series colors and shapes is its own, everywhere. */
  readonly slot: number;
  readonly example: boolean;
  /** Whether it takes part; others stay listed. */
  readonly shown: boolean;
}

/** A person's set after those that are there: with an id that no other has, and the first color that is free. */
export function placed(
  set: ResponseSet,
  before: readonly AnswerSet[],
  { slot, shown }: Partial<Pick<AnswerSet, 'slot' | 'shown'>> = {},
): AnswerSet {
  const ids = new Set(before.map((entry) => entry.set.id));
  let id = set.id;
  for (let n = 2; ids.has(id); n++) id = `${set.id}-${n}`;
  const slots = new Set(before.map((entry) => entry.slot));
  let free = slot ?? 1;
  if (slots.has(free)) for (free = 1; slots.has(free); free++);
  const named = id === set.id ? set : { ...set, id };
  return { set: named, slot: free, example: false, shown: shown ?? true };
}
