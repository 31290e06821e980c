/**
 * Where the final answer stands in a text, so that the right one can be put there: its NLL after the
 * model's own rationale moves long before accuracy leaves the floor.
 */
import { goldOf, type AnswerRule } from './extract-answer.ts';

/** The own text up to the answer, and the right answer as it would follow. */
export interface AnswerPlace {
  beginning: string;
  ending: string;
}

const markers = {
  world: { find: /Answer:/g, add: ' Answer:' },
  'final-answer': { find: /final answer\s*:|####/gi, add: '\nFinal Answer:' },
} as const;

/** After the last marker, or after one that is added; undefined for rules without a marker. */
export function answerPlace(
  rule: AnswerRule,
  response: string,
  gold: string,
): AnswerPlace | undefined {
  if (rule.kind === 'pattern') return undefined;
  // There is no rationale before an option.
  if (rule.kind === 'multiple-choice') return { beginning: '', ending: gold };
  const { find, add } = markers[rule.kind];
  const last = [...response.matchAll(find)].at(-1);
  const beginning = last
    ? response.slice(0, last.index + last[0].length)
    : response.trimEnd() + add;
  // The space belongs to the answer: tokenizers glue it to what follows.
  return { beginning, ending: ` ${rule.kind === 'final-answer' ? plainGold(rule, gold) : gold}` };
}

/** Without a rationale before it; tables write 18 as "18.0", no model would. */
const plainGold = (rule: AnswerRule, gold: string): string =>
  goldOf(rule, gold)
    .text.trim()
    .replace(/^(-?[\d,]+)\.0+$/, '$1');
