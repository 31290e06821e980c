/**
 * Takes the final answer out of a generated text, in two ways that are always told apart: strict
 * wants the form that training teaches, flexible forgives a lost form and takes the last thing that
 * could be an answer. A difference between the two is format drift, not arithmetic. The right answer goes
 * through the same extraction, and values are compared by their kind (answer-value.ts).
 */
import { DataError } from '../errors.ts';
import { extractAnswer } from '../world/checker.ts';
import { days } from '../world/vocabulary.ts';
import { agrees, readValue, type AnswerValue } from './answer-value.ts';
import { finalAnswer, goldAnswer, type Extracted } from './final-answer.ts';
import { optionNamed, type Choices } from '../data/option-named.ts';
import type { DecimalSign } from './read-number.ts';

export type AnswerRule =
  /** Strict: what follows the last "Answer: ". Flexible: else the last number, list or day. */
  | { kind: 'world' }
  /** Strict: what follows the last "Final Answer:" or "####". Flexible: else the last number. */
  | { kind: 'final-answer'; decimal?: DecimalSign | undefined }
  /** Both: the first group (or all) of the last match; flexible compares without case and spaces. */
  | { kind: 'pattern'; pattern: string }
  /** Of a written answer: what follows the last "Final Answer:"; flexible also a letter, a label or the
   * option alone. */
  | { kind: 'multiple-choice' };

/** Raised when another answer is found, or another one counts as right, in the same texts. */
export const EVALUATOR_VERSION = 2;

/** How an answer was judged; the extracted texts are kept so that a person can disagree. */
export interface Judged {
  strictAnswer?: string;
  flexibleAnswer?: string;
  strict: boolean;
  flexible: boolean;
}

// A decimal is none of its answers, nor are its parts.
const lastOfWorld = new RegExp(
  String.raw`(?<!\d\.|\d)\d+(?:, \d+)*(?!\d|\.\d)|\b(?:${days.join('|')})\b`,
  'g',
);
const markedOption = /final answer[\s*_]*:[\s*]*([^\n]*[^\n\s*])/gi;

/**
 * @param choices options of the question, where it has some
 * @throws DataError when a pattern is not a regular expression
 */
export function judgeAnswer(
  rule: AnswerRule,
  response: string,
  gold: string,
  choices?: Choices,
): Judged {
  const right = goldOf(rule, gold, choices);
  const { strict, flexible } = extract(rule, response, right.kind, choices);
  return {
    ...(strict && { strictAnswer: strict.text }),
    ...(flexible && { flexibleAnswer: flexible.text }),
    strict: strict !== undefined && sameStrictly(rule, strict, right),
    flexible: flexible !== undefined && sameFlexibly(rule, flexible, right, choices),
  };
}

/** The right answer as it is compared: GSM8K's is what follows "####", an option's is its text. */
export function goldOf(rule: AnswerRule, gold: string, choices?: Choices): AnswerValue {
  switch (rule.kind) {
    case 'world':
      return readValue(gold);
    case 'final-answer':
      return goldAnswer(gold, decimalOf(rule));
    case 'multiple-choice': {
      const named = lastMatch(markedOption, gold) ?? gold.trim();
      return { kind: 'text', text: (choices && optionNamed(choices, named)) ?? named };
    }
    case 'pattern': {
      const whole = readValue(gold);
      // A number that the pattern would cut apart is one already.
      const found =
        whole.kind === 'text' ? lastMatch(compilePattern(rule.pattern), gold) : undefined;
      return found === undefined ? whole : readValue(found);
    }
  }
}

function extract(
  rule: AnswerRule,
  response: string,
  kind: AnswerValue['kind'],
  choices: Choices | undefined,
): Extracted {
  switch (rule.kind) {
    case 'world': {
      const strict = extractAnswer(response);
      return both(strict, strict ?? lastMatch(lastOfWorld, response));
    }
    case 'final-answer':
      return finalAnswer(response, kind, decimalOf(rule));
    case 'multiple-choice': {
      const marked = lastMatch(markedOption, response);
      // A response may be nothing but the option.
      return both(marked, marked ?? (choices && optionNamed(choices, response)));
    }
    case 'pattern':
      return both(lastMatch(compilePattern(rule.pattern), response));
  }
}

const both = (strict: string | undefined, flexible = strict): Extracted => ({
  strict: strict === undefined ? undefined : readValue(strict),
  flexible: flexible === undefined ? undefined : readValue(flexible),
});

const decimalOf = (rule: AnswerRule): DecimalSign =>
  (rule.kind === 'final-answer' ? rule.decimal : undefined) ?? 'point';

/** @throws DataError */
export function compilePattern(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'gm');
  } catch (cause) {
    throw new DataError(`"${pattern}" is not a regular expression.`, [String(cause)], { cause });
  }
}

/** First group of the last match, or the whole match when it has no group. */
function lastMatch(regex: RegExp, text: string): string | undefined {
  const match = [...text.matchAll(regex)].at(-1);
  return match && (match[1] ?? match[0]);
}

/** Numbers may be written in another way; everything else must agree to the letter. */
function sameStrictly(rule: AnswerRule, given: AnswerValue, right: AnswerValue): boolean {
  return rule.kind === 'final-answer' && right.kind !== 'text'
    ? agrees(given, right, decimalOf(rule))
    : given.text === right.text.trim();
}

function sameFlexibly(
  rule: AnswerRule,
  given: AnswerValue,
  right: AnswerValue,
  choices: Choices | undefined,
): boolean {
  if (choices && optionNamed(choices, given.text) === right.text) return true;
  // The micro-world's answers are short forms of its own: to it neither `15 apples` nor `8+7=15` is 15.
  const asText = rule.kind === 'world' && /[\p{L}=]/u.test(given.text);
  const [a, b] = [given, right].map((value): AnswerValue =>
    asText ? { kind: 'text', text: value.text } : value,
  ) as [AnswerValue, AnswerValue];
  return agrees(a, b, decimalOf(rule));
}
