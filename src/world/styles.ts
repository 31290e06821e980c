/**
 * Ways of answering that no embedded model grew up with, as dialects: terse notes as people write
 * them, the same notes with reasons, and dialect A's content in other words. They are read and
 * checked like the dialects themselves.
 */
import type { Dialect } from './dialect.ts';
import type { LabelKind } from './question.ts';

const noteLabels: Readonly<Record<LabelKind, string>> = {
  owner: '{name}:',
  after: '{name} after:',
  together: 'both:',
  pooled: 'both after:',
  price: 'costs',
  bill: 'sum',
  back: 'gets',
  each: 'per kid',
  gap: 'diff',
  part: 'red',
  tally: 'count',
  largest: 'max',
  smallest: 'min',
  none: '',
};

/** "Tom: 26+11=37 and both: 26+37=63. Answer: 63" */
export const terseStyle: Dialect = {
  id: 'terse',
  description: 'Short notes as a person jots them down.',
  steps: {
    given: '',
    add: '{label} {left}+{right}={result}',
    subtract: '{label} {left}-{right}={result}',
    multiply: '{label} {left}x{right}={result}',
    divide: '{label} {left}:{right}={result}',
    double: '{label} {left}x2={result}',
    halve: '{label} {left}:2={result}',
    sort: 'in order {left}',
    pick: '{label} {result}',
    reverse: 'flip {left} to get {result}',
    day: 'plus {left} {result}',
  },
  labels: noteLabels,
  joints: { onward: ['. ', ' and '], plain: ['. '] },
  closing: '',
};

/** "Amy: 26 nuts to begin. Tom: 11 above the 26 before, so 26+11=37. …" */
export const detailStyle: Dialect = {
  id: 'detail',
  description: 'The same notes with the reason for each step.',
  steps: {
    given: '{label} {result} {unit} to begin',
    add: '{label} take the {left} known so far and put {right} on top of it, {left}+{right}={result}',
    subtract:
      '{label} take the {left} known so far and strike {right} off it, {left}-{right}={result}',
    multiply: '{label} {left} lots and {right} in every lot, so we go {left}x{right}={result}',
    divide: '{label} {left} must be cut into {right} equal heaps, so we go {left}:{right}={result}',
    double: '{label} two times the {left} known so far, so we go {left}x2={result}',
    halve: '{label} one half of the {left} known so far, so we go {left}:2={result}',
    sort: 'put them all in order first to get {left}',
    pick: '{label} that must be {result}',
    reverse: 'start at the end and walk to the front, flip {left} to get {result}',
    day: 'one more day, plus {left} {result}',
  },
  labels: noteLabels,
  joints: { onward: ['. '], plain: ['. '] },
  closing: '',
};

/** Dialect A's sentences, content and order kept, in words that neither dialect uses. */
export const paraphraseStyle: Dialect = {
  id: 'paraphrase',
  description: 'What dialect A says, reworded.',
  steps: {
    given: '{label} {result} {unit}',
    add: '{label} {left} increased by {right}, amounting to {result}[| {unit}]',
    subtract: '{label} {left} decreased by {right}, amounting to {result}[| {unit}]',
    multiply: '{label} {left} multiplied by {right}, amounting to {result}[| {unit}]',
    divide: '{label} {left} divided by {right}, amounting to {result}[| {unit}]',
    double: '{label} {left} multiplied by 2, amounting to {result}[| {unit}]',
    halve: '{label} {left} divided by 2, amounting to {result}[| {unit}]',
    sort: 'arranged by size, these numbers become {left}',
    pick: '{label} {result}',
    reverse: 'traversed backward, {left} becomes {result}',
    day: 'step {left} brings us to {result}',
  },
  labels: {
    owner: '{name} [possesses|holds]',
    after: '{name} [subsequently|thereafter] holds',
    together: '[jointly|combined] these people possess',
    pooled: '[subsequently|thereafter] these people possess',
    price: 'the purchase requires',
    bill: 'the entire purchase requires',
    back: 'the cashier returns',
    each: 'every recipient obtains',
    gap: 'the discrepancy equals',
    part: 'the scarlet portion equals',
    tally: 'altogether one observes',
    largest: 'the maximum equals',
    smallest: 'the minimum equals',
    none: '',
  },
  joints: { onward: ['. ', '. Consequently ', '. Therefore '], plain: ['. '] },
  closing: 'the [outcome|solution] equals {result}',
};
