/**
 * What a question of the micro-world is: a text, its exact answer, and the plan that leads there.
 * The plan is the meaning that every dialect puts into words; it holds no wording of its own.
 */

/** What one step of a plan does. The arithmetic ones satisfy `left ∘ right = result`. */
export const operations = [
  'given',
  'add',
  'subtract',
  'multiply',
  'divide',
  'double',
  'halve',
  'sort',
  'pick',
  'reverse',
  'day',
] as const;
export type Operation = (typeof operations)[number];

/** What a step's result is: it decides how a dialect names the result, before or after it. */
export const labelKinds = [
  'owner',
  'after',
  'together',
  'pooled',
  'price',
  'bill',
  'back',
  'each',
  'gap',
  'part',
  'tally',
  'largest',
  'smallest',
  'none',
] as const;
export type LabelKind = (typeof labelKinds)[number];

/** One step; numbers are kept as text, since lists and days stand in the same places. */
export interface Step {
  readonly operation: Operation;
  readonly label: LabelKind;
  /** The person the label speaks of, or empty. */
  readonly name: string;
  /** First operand: the count of groups, the whole, the list sorted upward, the day's number. */
  readonly left: string;
  /** Second operand: the size of a group, what is taken, the list sorted downward; or empty. */
  readonly right: string;
  readonly result: string;
  /** What is counted ("apples", "coins"), or empty. */
  readonly unit: string;
}

export interface Question {
  /** Stable: the family and a hash of the text. */
  readonly id: string;
  readonly family: string;
  readonly text: string;
  readonly answer: string;
  readonly plan: readonly Step[];
  /** What makes the question hard or easy: its numbers in order. Splits are made by these. */
  readonly numbers: readonly (number | string)[];
}

/** True when the step's own arithmetic or ordering holds, whatever the question was. */
export function stepHolds(step: Step): boolean {
  const left = Number(step.left);
  const right = Number(step.right);
  const result = Number(step.result);
  switch (step.operation) {
    case 'add':
      return left + right === result;
    case 'subtract':
      return left - right === result;
    case 'multiply':
      return left * right === result;
    case 'divide':
      return right !== 0 && left === right * result;
    case 'double':
      return left * 2 === result;
    case 'halve':
      return left === result * 2;
    case 'reverse':
      return parseList(step.left).reverse().join(', ') === step.result;
    case 'given':
    case 'sort':
    case 'pick':
    case 'day':
      return true;
  }
}

/** "4, 9, 2" → ["4", "9", "2"]. */
export function parseList(text: string): string[] {
  return text.split(', ');
}

/** 32-bit FNV-1a of a text: ids and splits depend on nothing but the words. */
export function hashText(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  // A final avalanche, since the low bits of FNV decide poorly between similar texts.
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return (value ^ (value >>> 13)) >>> 0;
}
