/**
 * Dialect A: the name of the result comes first, then an equation with its operands in the order
 * of the story. "Rob has 7 + 8 = 15 apples, so together they have 7 + 15 = 22. Answer: 22"
 */
import type { Dialect } from './dialect.ts';

const equals = '[ =|, which is] {result}[| {unit}]';

export const dialectA: Dialect = {
  id: 'a',
  description: 'The result is named first, then follows an equation.',
  steps: {
    given: '{label} {result} {unit}',
    add: `{label} {left} [+|plus] {right}${equals}`,
    subtract: `{label} {left} [-|minus] {right}${equals}`,
    multiply: `{label} {left} [*|times] {right}${equals}`,
    divide: `{label} {left} [/|over] {right}${equals}`,
    double: `{label} 2 [*|times] {left}${equals}`,
    halve: `{label} {left} [/|over] 2${equals}`,
    sort: '[sorted|ordered] upward, the list [is|reads] {left}',
    pick: '{label} {result}',
    reverse: '[read|seen] from its end, the list {left} [is|becomes] {result}',
    day: 'day {left} [is a|will be] {result}',
  },
  labels: {
    owner: '{name} [has|owns]',
    after: '{name} now [has|owns]',
    together: '[together they have|their sum is]',
    pooled: 'they now [have|own]',
    price: 'the [price|cost] is',
    bill: 'the [whole|full] price is',
    back: 'the [change|rest] is',
    each: 'each [friend|one] gets',
    gap: 'the [difference|distance] is',
    part: 'the red [ones are|part is]',
    tally: '[the number is|that is]',
    largest: 'the [last|top] one is',
    smallest: 'the [first|lowest] one is',
    none: '',
  },
  joints: { onward: ['. ', '. So ', '. Then ', ', so '], plain: ['. ', ', and '] },
  closing: 'the [result|answer] is {result}',
};
