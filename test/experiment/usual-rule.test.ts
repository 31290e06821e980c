/** Which rule judges answers where no experiment says it. */
import { expect, it } from 'vitest';
import { usualRule } from '../../src/experiment/sets/known-questions.ts';

const rows = (...responses: [response: string, gold?: string][]) =>
  responses.map(([response, gold], i) => ({
    id: `q${i}`,
    question: `Q${i}?`,
    response,
    ...(gold !== undefined && { gold }),
  }));

it.each([
  ['world', rows(['the list is 3, 4. Answer: 3, 4', '3, 4'], ['Answer: Sunday', 'Sunday'])],
  ['final-answer', rows(['so\n#### 72', '72'])],
  ['final-answer', rows(['Final Answer: 72', '72'])],
  ['final-answer', rows(['It is 72.', '72'])],
  ['final-answer', rows(['Answer: $1.50', '1.5'])],
  ['final-answer', []],
  ['multiple-choice', [{ ...rows(['x', 'x'])[0]!, options: ['x', 'y'] }]],
])('%s', (kind, given) => {
  expect(usualRule(given).kind).toBe(kind);
});
