/**
 * What an answer says, typed: numbers compare as numbers, lists of numbers item by item, and all else as text.
 * Deleting or adding a character never makes two answers equal.
 */
import { plainMath } from './plain-math.ts';
import { equalRationals, product, type Rational } from './rational.ts';
import { numbersIn, type DecimalSign, type NumberValue } from './read-number.ts';

export type AnswerValue =
  | { kind: 'number'; value: NumberValue; text: string }
  | { kind: 'list'; items: readonly NumberValue[]; text: string }
  | { kind: 'text'; text: string };

/** Words after a number that may be its unit: `18 rolls per day`. */
const unknownUnit = /^(?:st|nd|rd|th)?(?:\s+[\p{L}²³°'’./-]+){0,5}$/u;
const name = /^\s*\p{L}\w*\s*=\s*/u;

/** A whole answer → its value; `3 + 4 = 7` and `x = 7` are 7. */
export function readValue(text: string, sign: DecimalSign = 'point'): AnswerValue {
  const plain = stripped(plainMath(text));
  const value = wholeNumber(plain, sign) ?? wholeNumber(result(plain), sign);
  if (value) return { kind: 'number', value, text };
  const items = listItems(plain, /,?\s+and\s+|,\s+|;\s*/, sign);
  return items ? { kind: 'list', items, text } : { kind: 'text', text };
}

/** Whether an answer says the same as the right one, by the kind of the right one. */
export function agrees(
  given: AnswerValue,
  gold: AnswerValue,
  sign: DecimalSign = 'point',
): boolean {
  if (given.kind === 'number' && gold.kind === 'number') return sameNumber(given.value, gold.value);
  if (comparable(given.text) === comparable(gold.text)) return true;
  if (gold.kind !== 'list') return false;
  const items = listItems(stripped(plainMath(given.text)), /,?\s+and\s+|[,;]\s*/, sign);
  return (
    items?.length === gold.items.length &&
    items.every((item, i) => sameNumber(item, gold.items[i]!))
  );
}

/**
 * Units count where both have one. A multiplier that only one has may be left out (50 for 50 %, "how many
 * million") or multiplied in (0.5 for 50 %).
 */
export function sameNumber(a: NumberValue, b: NumberValue): boolean {
  if (a.unit && b.unit && a.unit.dimension !== b.unit.dimension) return false;
  const inUnit = (number: Rational, { unit }: NumberValue) =>
    a.unit && b.unit ? product(number, unit!.factor) : number;
  const scaled = (one: NumberValue) =>
    inUnit(one.multiplier ? product(one.number, one.multiplier) : one.number, one);
  if (equalRationals(scaled(a), scaled(b))) return true;
  const onlyOne = (a.multiplier === undefined) !== (b.multiplier === undefined);
  return onlyOne && equalRationals(inUnit(a.number, a), inUnit(b.number, b));
}

/** The text as texts are compared: case, spacing, markdown and the marks around it do not count. */
function comparable(text: string): string {
  return stripped(plainMath(text))
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\s*([,;:])\s*/g, '$1 ')
    .replace(/\s+/g, ' ')
    .trim();
}

const pairs = [
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
  ['"', '"'],
  ["'", "'"],
  ['“', '”'],
  ['‘', '’'],
] as const;

/** Without markdown, a closing period or mark, and brackets or quotes around the whole. */
function stripped(text: string): string {
  let plain = text.trim();
  for (;;) {
    const before = plain;
    plain = plain
      .replace(/^[*_`\s]+|[*_`\s]+$/g, '')
      .replace(/[.!,;:]+$/, '')
      .trim();
    for (const [open, close] of pairs) {
      const inner = plain.slice(1, -1);
      const around = plain.length > 2 && plain.startsWith(open) && plain.endsWith(close);
      if (around && !inner.includes(open) && !inner.includes(close)) plain = inner.trim();
    }
    if (plain === before) return plain;
  }
}

const result = (text: string): string =>
  name.test(text)
    ? text.replace(name, '')
    : /^[\d\s+*/×÷·x().,$€£%-]+=/.test(text)
      ? text.slice(text.lastIndexOf('=') + 1).trim()
      : text;

/** The number that the whole text is, with words that may be its unit. */
function wholeNumber(text: string, sign: DecimalSign): NumberValue | undefined {
  const [found, ...others] = numbersIn(text, sign);
  if (found?.start !== 0 || others.length > 0) return undefined;
  return unknownUnit.test(text.slice(found.end)) ? found.value : undefined;
}

function listItems(text: string, separator: RegExp, sign: DecimalSign): NumberValue[] | undefined {
  const items = text.split(separator).map((item) => wholeNumber(item.trim(), sign));
  return items.length > 1 && items.every((item) => item !== undefined) ? items : undefined;
}
