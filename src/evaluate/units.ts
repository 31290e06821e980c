/** Units that decide whether two numbers agree: 5 km is not 5 m, but 5 apples may be 5 pears. */
import { fromDecimal, type Rational } from './rational.ts';

export interface Unit {
  /** Units of different dimensions never agree. */
  dimension: string;
  /** How many of the dimension's first unit it is. */
  factor: Rational;
}

/** dimension → factor → names; a name is followed by no letter. */
const table: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  dollar: { '1': '$ US$ USD dollar dollars', '0.01': '¢ cent cents' },
  euro: { '1': '€ EUR euro euros' },
  sterling: { '1': '£ GBP' },
  yen: { '1': '¥ JPY yen' },
  rupee: { '1': '₹ INR rupee rupees' },
  length: {
    '1': 'm meter meters metre metres',
    '0.001': 'mm millimeter millimeters millimetre millimetres',
    '0.01': 'cm centimeter centimeters centimetre centimetres',
    '1000': 'km kilometer kilometers kilometre kilometres',
    '0.0254': 'inch inches',
    '0.3048': 'ft foot feet',
    '0.9144': 'yd yard yards',
    '1609.344': 'mi mile miles',
  },
  mass: {
    '1': 'g gram grams',
    '0.001': 'mg milligram milligrams',
    '1000': 'kg kilogram kilograms',
    '28.349523125': 'oz ounce ounces',
    '453.59237': 'lb lbs',
  },
  volume: {
    '1': 'l L liter liters litre litres',
    '0.001': 'ml mL milliliter milliliters millilitre millilitres',
  },
  time: {
    '1': 's sec second seconds',
    '60': 'min minute minutes',
    '3600': 'h hr hrs hour hours',
    '86400': 'day days',
    '604800': 'week weeks',
  },
  month: { '1': 'month months', '12': 'year years' },
  celsius: { '1': '°C' },
  fahrenheit: { '1': '°F' },
  angle: { '1': '° degree degrees' },
  // These multiply as well.
  share: { '1': '% percent' },
};

/** Words and signs that multiply: 50 % is 50 hundredths. Beside a bare number either reading may be meant. */
export const MULTIPLIERS: Readonly<Record<string, string>> = {
  '%': '0.01',
  percent: '0.01',
  k: '1000',
  K: '1000',
  M: '1000000',
  bn: '1000000000',
  dozen: '12',
  hundred: '100',
  thousand: '1000',
  million: '1000000',
  billion: '1000000000',
  trillion: '1000000000000',
};

export function decimal(text: string): Rational {
  const [whole = '', part = ''] = text.split('.');
  return fromDecimal(whole, part);
}

const units = new Map<string, Unit>();
for (const [dimension, factors] of Object.entries(table)) {
  for (const [factor, names] of Object.entries(factors)) {
    for (const name of names.split(' ')) units.set(name, { dimension, factor: decimal(factor) });
  }
}

/** A unit by a name as `unitNames` matches it. */
export function unitNamed(name: string): Unit | undefined {
  return units.get(name) ?? (isWord(name) ? units.get(name.toLowerCase()) : undefined);
}

/** Words may begin with a capital; of symbols the case decides (m and M). */
const isWord = (name: string): boolean => /^[A-Za-z][a-z]{2,}$/.test(name);
const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

const escaped = (name: string): string => name.replace(/[$]/g, '\\$&');
const longestFirst = (names: Iterable<string>): string =>
  [...names]
    .flatMap((name) => (isWord(name) ? [name, capital(name)] : [name]))
    .sort((a, b) => b.length - a.length)
    .map(escaped)
    .join('|');

/** Regular expressions, without groups, of every unit's name, and of money's signs that stand before a number. */
export const unitNames = longestFirst(units.keys());
export const moneyNames = longestFirst(
  ['dollar', 'euro', 'sterling', 'yen', 'rupee']
    .flatMap((dimension) => table[dimension]!['1']!.split(' '))
    .filter((name) => !/[a-z]/.test(name)),
);
export const multiplierNames = longestFirst(Object.keys(MULTIPLIERS));
