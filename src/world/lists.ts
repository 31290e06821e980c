/** Families without a story: the largest or smallest of a list, its reverse, and days of the week. */
import type { Random } from '../random.ts';
import type { LabelKind, Operation, Step } from './question.ts';
import { days, people } from './vocabulary.ts';

/** A question before it gets its id. */
export interface Draft {
  readonly text: string;
  readonly answer: string;
  readonly plan: readonly Step[];
  readonly numbers: readonly (number | string)[];
}

/** Lists hold this many different numbers. */
const lengths = [3, 4] as const;

/** What happens on the first day. */
const trips = ['leaves', 'calls', 'arrives', 'moves', 'starts', 'visits'] as const;

/** The largest number of a list. */
export function largest(rng: Random): Draft {
  const items = drawList(rng);
  const answer = String(Math.max(...items));
  return {
    text: `${theList(items)} What is the largest number?`,
    answer,
    plan: [sortStep(items), step('pick', 'largest', '', '', answer)],
    numbers: items,
  };
}

/** The smallest number of a list. */
export function smallest(rng: Random): Draft {
  const items = drawList(rng);
  const answer = String(Math.min(...items));
  return {
    text: `${theList(items)} What is the smallest number?`,
    answer,
    plan: [sortStep(items), step('pick', 'smallest', '', '', answer)],
    numbers: items,
  };
}

/** The list read backward. */
export function reverse(rng: Random): Draft {
  const items = drawList(rng);
  const answer = [...items].reverse().join(', ');
  return {
    text: `${theList(items)} What is the list in reverse order?`,
    answer,
    plan: [step('reverse', 'none', items.join(', '), '', answer)],
    numbers: items,
  };
}

/** The day some days after another, counted day by day. */
export function dayAfter(rng: Random): Draft {
  const start = rng.integer(days.length);
  const count = 2 + rng.integer(5);
  const dayAt = (n: number): string => days[(start + n) % days.length]!;
  const plan = Array.from({ length: count }, (_, i) =>
    step('day', 'none', String(i + 1), '', dayAt(i + 1)),
  );
  return {
    text: `${rng.pick(people)} ${rng.pick(trips)} on ${dayAt(0)}. Which day comes ${count} days later?`,
    answer: dayAt(count),
    plan,
    numbers: [dayAt(0), count],
  };
}

function drawList(rng: Random): number[] {
  const items = new Set<number>();
  const length = rng.pick(lengths);
  while (items.size < length) items.add(1 + rng.integer(40));
  return [...items];
}

const theList = (items: readonly number[]): string => `The list is ${items.join(', ')}.`;

function sortStep(items: readonly number[]): Step {
  const upward = [...items].sort((a, b) => a - b);
  return step('sort', 'none', upward.join(', '), [...upward].reverse().join(', '), '');
}

function step(
  operation: Operation,
  label: LabelKind,
  left: string,
  right: string,
  result: string,
): Step {
  return { operation, label, name: '', left, right, result, unit: '' };
}
