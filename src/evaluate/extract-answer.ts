/**
 * Takes the final answer out of a generated text, in two ways that are always told apart: strict
 * wants the form that training teaches, flexible forgives a lost form and takes the last thing that
 * could be an answer. A difference between the two is format drift, not arithmetic.
 */
import { DataError } from '../errors.ts';
import { extractAnswer } from '../world/checker.ts';
import { days } from '../world/vocabulary.ts';

export type AnswerRule =
  /** Strict: what follows the last "Answer: ". Flexible: else the last number, list or day. */
  | { kind: 'world' }
  /** Strict: the number after the last "Final Answer:" or "####". Flexible: else the last number. */
  | { kind: 'final-answer' }
  /** Both: the first group (or all) of the last match; flexible compares without case and spaces. */
  | { kind: 'pattern'; pattern: string }
  /** Of a written answer: what follows the last "Final Answer:"; flexible as for patterns. */
  | { kind: 'multiple-choice' };

/** How an answer was judged; the extracted texts are kept so that a person can disagree. */
export interface Judged {
  strictAnswer?: string;
  flexibleAnswer?: string;
  strict: boolean;
  flexible: boolean;
}

const number = String.raw`-?\$?\d+(?:,\d{3})*(?:\.\d+)?`;
const lastOfWorld = new RegExp(String.raw`\d+(?:, \d+)*|\b(?:${days.join('|')})\b`, 'g');
const lastNumber = new RegExp(number, 'g');
const marked = new RegExp(String.raw`(?:final answer\s*:|####)[\s*]*(${number})`, 'gi');

/** @throws DataError when a pattern is no regular expression */
export function judgeAnswer(rule: AnswerRule, response: string, gold: string): Judged {
  const { strict, flexible } = extract(rule, response);
  return {
    ...(strict !== undefined && { strictAnswer: strict }),
    ...(flexible !== undefined && { flexibleAnswer: flexible }),
    strict: strict !== undefined && sameStrictly(rule, strict, gold),
    flexible: flexible !== undefined && sameFlexibly(flexible, gold),
  };
}

function extract(
  rule: AnswerRule,
  response: string,
): { strict: string | undefined; flexible: string | undefined } {
  switch (rule.kind) {
    case 'world': {
      const strict = extractAnswer(response);
      return { strict, flexible: strict ?? lastMatch(lastOfWorld, response) };
    }
    case 'final-answer': {
      const strict = lastMatch(marked, response);
      return { strict, flexible: strict ?? lastMatch(lastNumber, response) };
    }
    case 'multiple-choice': {
      const found = lastMatch(/final answer\s*:[\s*]*([^\n]*[^\n\s*])/gi, response);
      return { strict: found, flexible: found };
    }
    case 'pattern': {
      const found = lastMatch(compilePattern(rule.pattern), response);
      return { strict: found, flexible: found };
    }
  }
}

/** @throws DataError */
export function compilePattern(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'gm');
  } catch (cause) {
    throw new DataError(`"${pattern}" is no regular expression.`, [String(cause)], { cause });
  }
}

/** First group of the last match, or the whole match when it has no group. */
function lastMatch(regex: RegExp, text: string): string | undefined {
  const match = [...text.matchAll(regex)].at(-1);
  return match && (match[1] ?? match[0]);
}

/** Numbers may be written with separators; everything else must agree to the letter. */
function sameStrictly(rule: AnswerRule, answer: string, gold: string): boolean {
  if (rule.kind !== 'final-answer') return answer === gold;
  const [own, right] = [numberOf(answer), numberOf(gold)];
  return Number.isNaN(own) ? answer === gold : own === right;
}

function sameFlexibly(answer: string, gold: string): boolean {
  const [own, right] = [numberOf(answer), numberOf(gold)];
  return own === right || plain(answer) === plain(gold);
}

const plain = (text: string): string => text.toLowerCase().replace(/[\s.]+/g, '');

/** "$1,234.50" → 1234.5; NaN for what is no number. */
function numberOf(text: string): number {
  const bare = text
    .trim()
    .replace(/^(-?)\$/, '$1')
    .replace(/\.$/, '')
    .replace(/,(?=\d{3})/g, '');
  return /^-?\d+(\.\d+)?$/.test(bare) ? Number(bare) : NaN;
}
