/**
 * The final answer of a worked solution: what follows the last "Final Answer:" or "####", else the last number.
 * Of texts that are written as lm-evaluation-harness's task gsm8k expects them this finds what its filters
 * strict-match and flexible-extract find; test/fixtures/gsm8k-filters.json is the table of both, and these are
 * the differences, each for a reason:
 *
 * - marker: "Final Answer:" marks an answer as "####" does, with or without spaces or markdown after it; data
 *   sets other than GSM8K are written so.
 * - last-marker: of several markers the last one counts, since whoever corrects an answer means the correction.
 * - marked-first: a marked answer goes before a number in a later remark (flexible).
 * - boxed: without a marker, the last \boxed{…} goes before a later number (flexible).
 * - sign: − and – before a number are minus signs; a hyphen after a digit or a letter is none (10-5, B-52).
 * - money: a currency sign belongs to the number after it.
 * - number: fractions, mixed numbers, powers of ten, decimals that end in zeros and digits grouped otherwise than
 *   by commas are read whole and compared by value.
 * - result: of a calculation after the marker (3 + 4 = 7) the result counts.
 * - no-number: dots or dollars alone, times (3:30) and version numbers (1.2.3) are no numbers.
 */
import { readValue, type AnswerValue } from './answer-value.ts';
import { lastBoxed, plainMath } from './plain-math.ts';
import { numbersIn, type DecimalSign, type NumberFound } from './read-number.ts';

export interface Extracted {
  /** In the form that training teaches; undefined when that form is lost. */
  strict: AnswerValue | undefined;
  /** Whatever could be meant. */
  flexible: AnswerValue | undefined;
}

const marker = /(?:final\s+answer[\s*_]*:|####)[\s*_]*/gi;
const phrase = /\banswer\s*(?:is|:)\s*([^\n]*[^\n\s])/gi;

/** @param kind of the right answer: where a number is right, numbers are looked for, else texts */
export function finalAnswer(
  response: string,
  kind: AnswerValue['kind'],
  sign: DecimalSign,
): Extracted {
  return kind === 'number' ? numericAnswer(response, sign) : writtenAnswer(response, sign);
}

function numericAnswer(response: string, sign: DecimalSign): Extracted {
  const text = plainMath(response);
  const marked = marksIn(text);
  for (const at of marked) {
    const line = lineAt(text, at);
    const found = resultOf(line, sign) ?? numbersIn(line, sign).find(({ start }) => start === 0);
    if (found) return { strict: valueOf(found), flexible: valueOf(found) };
  }
  const boxed = lastBoxed(response);
  const places = [
    ...marked.slice(0, 1).map((at) => lineAt(text, at)),
    ...(boxed === undefined ? [] : [plainMath(boxed)]),
    text,
  ];
  const found = places.flatMap((place) => numbersIn(place, sign).at(-1) ?? [])[0];
  return { strict: undefined, flexible: found && valueOf(found) };
}

/** The number after the last equals sign of what begins as a calculation. */
function resultOf(line: string, sign: DecimalSign): NumberFound | undefined {
  const [left, ...rest] = line.split('=');
  if (rest.length === 0 || !/\d/.test(left!) || !/^[-+\d\s*/×÷·().,$€£%]+$/.test(left!))
    return undefined;
  const last = rest.at(-1)!.trimStart();
  const found = numbersIn(last, sign).find(({ start }) => start === 0);
  // In 7 = 3 + 4 the result stands first.
  return found && /^\s*[-+*/×÷·]/.test(last.slice(found.end)) ? undefined : found;
}

const valueOf = ({ text, value }: NumberFound): AnswerValue => ({ kind: 'number', text, value });

function writtenAnswer(response: string, sign: DecimalSign): Extracted {
  const marked = marksIn(response)
    .map((at) => lineAt(response, at))
    .find((line) => line !== '');
  if (marked !== undefined) {
    const value = readValue(marked, sign);
    return { strict: value, flexible: value };
  }
  const said = [...response.matchAll(phrase)].at(-1)?.[1];
  const text = lastBoxed(response) ?? said ?? response.trim();
  return { strict: undefined, flexible: text === '' ? undefined : readValue(text, sign) };
}

/** Where what is marked begins, the last one first. */
const marksIn = (text: string): number[] =>
  [...text.matchAll(marker)].map((match) => match.index + match[0].length).reverse();

const lineAt = (text: string, at: number): string =>
  text
    .slice(at)
    .split('\n', 1)[0]!
    .replace(/[\s*_]+$/, '');

/**
 * The right answer by the same extraction: after "####" or "Final Answer:", in a \boxed{…}, the number of a
 * sentence or of a solution of several lines, else the whole text.
 */
export function goldAnswer(gold: string, sign: DecimalSign): AnswerValue {
  if (marksIn(gold).length > 0) {
    const marked = numericAnswer(gold, sign).strict ?? writtenAnswer(gold, sign).strict;
    if (marked) return marked;
  }
  const boxed = lastBoxed(gold);
  if (boxed !== undefined) return readValue(boxed, sign);
  const whole = readValue(gold, sign);
  const inSentence =
    whole.kind === 'text' && isSentence(gold) ? numericAnswer(gold, sign).flexible : undefined;
  return inSentence ?? whole;
}

const isSentence = (text: string): boolean =>
  /\n|=|\banswer\s*(?:is|:)/i.test(text) || /^\S+(\s+\S+){2,}[.!?]$/s.test(text.trim());
