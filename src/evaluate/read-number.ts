/**
 * Numbers as people and models write them → exact values. Which of 1.234, 1,234 and 1.234,5 is meant is settled
 * by one rule, `NUMBER_RULE`, that pages and reports state.
 */
import {
  fromDecimal,
  negated,
  product,
  quotient,
  rational,
  sum,
  type Rational,
} from './rational.ts';
import {
  decimal,
  moneyNames,
  multiplierNames,
  MULTIPLIERS,
  unitNamed,
  unitNames,
  type Unit,
} from './units.ts';

/** Which sign stands before the decimals where a text leaves it open. */
export type DecimalSign = 'point' | 'comma';

export const NUMBER_RULE: Readonly<Record<DecimalSign, string>> = {
  point:
    '1,234 is one thousand two hundred thirty-four and 1.234 a decimal; a comma before other than three digits (3,5) is a decimal comma; where both signs appear, the last one is the decimal sign.',
  comma:
    '1.234 is one thousand two hundred thirty-four and 1,234 a decimal; a point before other than three digits (3.5) is a decimal point; where both signs appear, the last one is the decimal sign.',
};

export interface NumberFound {
  /** Where it stands in the text, unit included. */
  start: number;
  end: number;
  /** Sign, currency, digits, fraction and exponent, as written; without a unit or percent sign after them. */
  text: string;
  value: NumberValue;
}

export interface NumberValue {
  number: Rational;
  /** 1/100 of "%", 1000 of "thousand". */
  multiplier?: Rational;
  unit?: Unit;
}

/** Named groups of `token`. */
type Part = Readonly<Record<string, string | undefined>>;

const MOST_DIGITS = 400;
const MOST_EXPONENT = 400;

// Groups of three between spaces; else digits with separators inside; else a decimal without a whole part.
const SPACES = '\u0020\u00a0\u2009\u202f';
const digits = String.raw`(?:\d{1,3}(?:[${SPACES}]\d{3})+(?:[.,]\d+)?(?![.,]?\d)|\d+(?:[.,'’_]\d+)*|\.\d+)`;
const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const power = [
  String.raw`[eE](?<exponent>[+-]?\d+)(?![\p{L}\d.])`,
  String.raw`\s*[×x·*]\s*10(?:\^\(?(?<raised>[+-]?\d+)\)?|(?<superscript>[⁻⁺]?[${superscripts}]+))`,
].join('|');
const money = String.raw`(?:${moneyNames})`;
// Not a date (12/25/2020), nor the beginning of longer digits.
const endOfFraction = String.raw`(?!\d|[.,]\d|\s*/\s*\d)`;
const token = new RegExp(
  [
    String.raw`(?<before>(?:(?<![\p{L}])${money}\s?)?)`,
    // A sign after a digit or a letter joins (3-5, B-52); it does not make the number negative.
    String.raw`(?<sign>(?:(?<![\p{L}\d)\]%])[-+])?)`,
    String.raw`(?<between>(?:\$|€|£|¥|₹)?)`,
    String.raw`(?:`,
    String.raw`(?<clock>\d+(?::\d+)+)(?![\d])`,
    String.raw`|(?<whole>\d+)\s+(?<above>\d+)\s*/\s*(?<below>\d+)${endOfFraction}`,
    String.raw`|(?<!\d\s?/)(?<over>${digits})\s*/\s*(?<under>\d+(?:\.\d+)?)${endOfFraction}`,
    String.raw`|10\^\(?(?<tens>[+-]?\d+)\)?`,
    String.raw`|(?<digits>${digits})(?:${power})?`,
    String.raw`)`,
    String.raw`(?<after>(?:\s?(?<multiplier>${multiplierNames})(?![\p{L}\d]))?(?:\s?(?<unit>${unitNames})(?![\p{L}\d²³^/$]))?)`,
  ].join(''),
  'gu',
);

/**
 * Every number of a text whose formulas are already plain, in order; what looks like one and is none (3:30, 1.2.3)
 * is left out.
 */
export function numbersIn(text: string, sign: DecimalSign): NumberFound[] {
  return [...text.matchAll(token)].flatMap((match) => {
    const value = valueOf(match, sign);
    if (value === undefined) return [];
    const after = match.groups!['after']!;
    const whole = match[0];
    return [
      {
        start: match.index,
        end: match.index + whole.length,
        text: whole.slice(0, whole.length - after.length),
        value,
      },
    ];
  });
}

function valueOf(match: RegExpExecArray, decimalSign: DecimalSign): NumberValue | undefined {
  const part = match.groups as Part;
  const size = match[0].length > MOST_DIGITS ? undefined : magnitude(part, decimalSign);
  if (size === undefined) return undefined;
  const money = (part['before'] ?? '').trim() || part['between'];
  const named = part['multiplier'] ?? '';
  const multiplier = MULTIPLIERS[named] ?? MULTIPLIERS[named.toLowerCase()];
  const share = /^(?:%|percent)$/i.test(named) ? '%' : '';
  const unit = unitNamed(money || part['unit'] || share);
  return {
    number: part['sign'] === '-' ? negated(size) : size,
    ...(multiplier && { multiplier: decimal(multiplier) }),
    ...(unit && { unit }),
  };
}

/** Without its sign. */
function magnitude(part: Part, sign: DecimalSign): Rational | undefined {
  if (part['clock'] !== undefined) return undefined;
  if (part['whole'] !== undefined) {
    const rest = rational(BigInt(part['above']!), BigInt(part['below']!));
    return rest && sum(rational(BigInt(part['whole']))!, rest);
  }
  if (part['over'] !== undefined) {
    const [over, under] = [readDigits(part['over'], sign), readDigits(part['under']!, sign)];
    return over && under && quotient(over, under);
  }
  if (part['tens'] !== undefined) return tenTo(part['tens']);
  const number = readDigits(part['digits']!, sign);
  const exponent = part['exponent'] ?? part['raised'] ?? plainDigits(part['superscript']);
  if (number === undefined || exponent === undefined) return number;
  const factor = tenTo(exponent);
  return factor && product(number, factor);
}

function tenTo(exponent: string): Rational | undefined {
  const power = Number(exponent);
  return Math.abs(power) > MOST_EXPONENT ? undefined : fromDecimal('1', '', power);
}

const plainDigits = (raised: string | undefined): string | undefined =>
  raised
    ?.replace(/[⁰¹²³⁴⁵⁶⁷⁸⁹]/g, (digit) => String(superscripts.indexOf(digit)))
    .replace('⁻', '-')
    .replace('⁺', '');

/**
 * Digits with separators, as `NUMBER_RULE` has it: `1,234.5`, `1.234,5`, `1 234`, `1'234`, `12,34,567`, `3,5`, `.5`.
 * Undefined where the separators fit no number.
 */
export function readDigits(text: string, decimalSign: DecimalSign): Rational | undefined {
  const signs = text.match(/\D/g) ?? [];
  if (signs.length === 0) return fromDecimal(text, '');
  const kinds = new Set(signs.map((sign) => (SPACES.includes(sign) ? ' ' : sign)));
  const last = signs.at(-1)!;
  const at = text.lastIndexOf(last);
  const [whole, part] = [text.slice(0, at), text.slice(at + 1)];
  const ends = last === '.' || last === ',';
  if (kinds.size > 2) return undefined;
  if (kinds.size === 2) {
    const once = signs.filter((sign) => sign === last).length === 1;
    return ends && once && isGrouped(whole) ? fromDecimal(bare(whole), part) : undefined;
  }
  if (!ends) return isGrouped(text) ? fromDecimal(bare(text), '') : undefined;
  const isDecimalSign = last === (decimalSign === 'point' ? '.' : ',');
  if (signs.length > 1 || (!isDecimalSign && isGrouped(text))) {
    return isGrouped(text) ? fromDecimal(bare(text), '') : undefined;
  }
  return fromDecimal(whole, part);
}

const bare = (text: string): string => text.replace(/\D/g, '');

/** Groups of three, or as in India of two before the last three; no group is a number's leading zero. */
const isGrouped = (text: string): boolean =>
  /^[1-9]\d{0,2}(\D\d{3})+$/.test(text) || /^[1-9]\d?(,\d{2})+,\d{3}$/.test(text);
