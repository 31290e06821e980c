/**
 * A story in the making: who holds how much, the sentences so far and the plan so far. Stages
 * (stages.ts) tell it on with the functions of this file.
 */
import type { Random } from '../random.ts';
import type { LabelKind, Operation, Step } from './question.ts';
import { people, things } from './vocabulary.ts';

/** Quantities stay below this, so that two digits are enough everywhere. */
export const largestQuantity = 99;
/** One thing would need a singular. */
export const smallestQuantity = 2;

/** The person or pair that the story speaks of now, and what they hold. */
interface Holder {
  readonly name: string;
  readonly value: number;
}

/** A story in the making; stages change it in place. */
export interface Story {
  readonly rng: Random;
  readonly sentences: string[];
  readonly steps: Step[];
  readonly numbers: (number | string)[];
  readonly cast: string[];
  unit: string;
  /** Everyone who holds something, in order of appearance; the last one is in focus. */
  readonly holders: Holder[];
  /** True once the holders have put their things together. */
  pooled: boolean;
}

/** The numbers drawn make no sensible story; the generator draws again. */
export class Unfit extends Error {}

export function startStory(rng: Random): Story {
  return {
    rng,
    sentences: [],
    steps: [],
    numbers: [],
    cast: rng.shuffle(people),
    unit: rng.pick(things),
    holders: [],
    pooled: false,
  };
}

/** Opens a story for the stages that cannot: one person holds something. */
export function openStory(story: Story): void {
  introduce(story, draw(story, 4, 30));
}

/** The holder the story speaks of now. */
export const focus = (story: Story): Holder => story.holders.at(-1)!;
/** A person who has not appeared yet. */
export const person = (story: Story): string => story.cast.pop()!;

/** A number from low to high, both included, remembered as part of the question. */
export function draw(story: Story, low: number, high: number): number {
  if (high < low) throw new Unfit();
  const number = low + story.rng.integer(high - low + 1);
  story.numbers.push(number);
  return number;
}

/** One more person comes in, holding a given quantity. */
export function introduce(story: Story, value: number): void {
  const name = person(story);
  story.sentences.push(
    story.rng.pick([
      `${name} has ${value} ${story.unit}.`,
      `${name} keeps ${value} ${story.unit} at home.`,
    ]),
  );
  story.holders.push({ name, value });
  addStep(story, 'given', 'owner', name, 0, 0, value);
}

/** Adds a calculation to the plan; throws `Unfit` when its result is no whole number in range. */
export function addStep(
  story: Story,
  operation: Operation,
  label: LabelKind,
  name: string,
  left: number,
  right: number,
  result: number,
): void {
  if (result < smallestQuantity || result > largestQuantity || !Number.isInteger(result))
    throw new Unfit();
  const unary = operation === 'double' || operation === 'halve';
  story.steps.push({
    operation,
    label,
    name,
    left: operation === 'given' ? '' : String(left),
    right: operation === 'given' || unary ? '' : String(right),
    result: String(result),
    unit: story.unit,
  });
}

/** The holder in focus now holds another quantity. */
export function replaceFocus(story: Story, value: number): void {
  story.holders[story.holders.length - 1] = { name: focus(story).name, value };
}
