/**
 * Dialect B: each step is an action on numbers, the later operand first, and what the result
 * belongs to comes last. "Putting 8 onto 7 makes 15 for Rob; putting 15 onto 7 yields 22 for both."
 */
import type { Dialect } from './dialect.ts';

const makes = '[makes|yields] {result}[| {unit}] {label}';
const leaves = '[leaves|keeps] {result}[| {unit}] {label}';

export const dialectB: Dialect = {
  id: 'b',
  description: 'Each step is an action, and what the result belongs to comes last.',
  steps: {
    given: '[take|count] {result} {unit} {label}',
    add: `[adding|putting] {right} onto {left} ${makes}`,
    subtract: `[taking|cutting] {right} from {left} ${leaves}`,
    multiply: `[stacking|repeating] {right} through {left} rounds ${makes}`,
    divide: `going {right} ways [with|from] {left} ${leaves}`,
    double: `doubling {left} ${makes}`,
    halve: `halving {left} ${leaves}`,
    sort: '[falling|sinking] order [gives|shows] {right}',
    pick: '[meeting|finding] {result} {label}',
    reverse: '[turning|flipping] {left} around [gives|shows] {result}',
    day: '{result} [follows|comes] as day {left}',
  },
  labels: {
    owner: '[for|with] {name}',
    after: '[for|with] {name} by then',
    together: '[for both|in common]',
    pooled: 'in common by then',
    price: '[to pay|on the bill]',
    bill: 'to pay [altogether|in the end]',
    back: 'to [return|hand back]',
    each: '[apiece|per head]',
    gap: 'as the [gap|lead]',
    part: '[colored|painted] red',
    tally: 'to [count|report]',
    largest: 'at the [front|head]',
    smallest: 'at the [back|tail]',
    none: '',
  },
  joints: { onward: ['. ', '; ', '; after that ', '. Next, '], plain: ['. ', '; '] },
  closing: 'this [settles|ends] it at {result}',
};
