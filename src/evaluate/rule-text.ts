/** How final answers are found and compared, said in words: on forms and in reports. */
import type { AnswerRule } from './extract-answer.ts';
import { NUMBER_RULE } from './read-number.ts';

export function ruleText(rule: AnswerRule): string {
  switch (rule.kind) {
    case 'world':
      return 'The final answer is what follows the last “Answer:” (strict), else the last number, list or day (flexible).';
    case 'final-answer':
      return `The final answer is what follows the last “Final Answer:” or “####” (strict), else the last number (flexible). Numbers compare by value, everything else as text. ${NUMBER_RULE[rule.decimal ?? 'point']}`;
    case 'pattern':
      return `The final answer is the first group of the last match of ${rule.pattern}; strict compares to the letter, flexible numbers by value and texts without case.`;
    case 'multiple-choice':
      return 'The answer is the option with the largest log-likelihood (acc), or with the largest per byte of its text (acc_norm).';
  }
}
