/** Exact fractions: 0.5 equals 1/2, and 0.1 + 0.2 is no trouble, because nothing is rounded. */

/** In lowest terms, the denominator positive. */
export interface Rational {
  numerator: bigint;
  denominator: bigint;
}

/** Undefined for a denominator of 0. */
export function rational(numerator: bigint, denominator = 1n): Rational | undefined {
  if (denominator === 0n) return undefined;
  const sign = denominator < 0n ? -1n : 1n;
  const divisor = sign * greatestDivisor(numerator, denominator);
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

/** @param whole, part digits before and after the decimal point @param exponent power of ten */
export function fromDecimal(whole: string, part: string, exponent = 0): Rational {
  const digits = BigInt(`${whole}${part}` || '0');
  const power = exponent - part.length;
  return power >= 0
    ? rational(digits * 10n ** BigInt(power))!
    : rational(digits, 10n ** BigInt(-power))!;
}

export function product(a: Rational, b: Rational): Rational {
  return rational(a.numerator * b.numerator, a.denominator * b.denominator)!;
}

export function sum(a: Rational, b: Rational): Rational {
  return rational(
    a.numerator * b.denominator + b.numerator * a.denominator,
    a.denominator * b.denominator,
  )!;
}

/** Undefined for division by 0. */
export function quotient(a: Rational, b: Rational): Rational | undefined {
  return rational(a.numerator * b.denominator, a.denominator * b.numerator);
}

export const negated = ({ numerator, denominator }: Rational): Rational => ({
  numerator: -numerator,
  denominator,
});

export const equalRationals = (a: Rational, b: Rational): boolean =>
  a.numerator === b.numerator && a.denominator === b.denominator;

function greatestDivisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (y > 0n) [x, y] = [y, x % y];
  return x;
}
