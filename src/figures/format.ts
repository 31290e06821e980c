/** Numbers as people read them: few digits, units, no false precision. */

const integer = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** A whole number with thousands apart: 12,480. */
export function count(value: number): string {
  return integer.format(value);
}

/** A number to so many significant digits, without an exponent between 0.001 and a million. */
export function digits(value: number, significant = 3): string {
  if (Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) {
    return value
      .toExponential(significant - 1)
      .replace('e+', 'e')
      .replaceAll('-', '−');
  }
  return new Intl.NumberFormat('en-US', {
    minimumSignificantDigits: size >= 1000 ? undefined : significant,
    maximumSignificantDigits: Math.max(significant, Math.ceil(Math.log10(size + 1))),
  })
    .format(value)
    .replace('-', '−');
}

/** A large number in words a person says: 3.2 million. */
export function large(value: number): string {
  if (value >= 1e9) return `${digits(value / 1e9)} billion`;
  if (value >= 1e6) return `${digits(value / 1e6)} million`;
  return count(value);
}

/** A share as a percentage without decimals. */
export function percent(share: number): string {
  return Number.isNaN(share) ? '–' : `${Math.round(share * 100)} %`;
}

/** Bytes in decimal units, as drives and downloads are sold. */
export function bytes(value: number): string {
  for (const [unit, size] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ] as const) {
    if (value >= size) return `${digits(value / size, value >= 100 * size ? 3 : 2)} ${unit}`;
  }
  return `${value} B`;
}

/** A length of time: "8 s", "2 min 10 s", "3 h 5 min". */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 1) return 'under 1 s';
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 10) return `${minutes} min ${whole % 60} s`;
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A name that fits a place: of a longer one the beginning. */
export function shorten(name: string, most: number): string {
  return name.length > most ? `${name.slice(0, most - 1).trimEnd()}…` : name;
}

/** A list as a sentence says it: "a, b and c". */
export function list(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

// Below, what is no number is a dash; in a report read from JSON, NaN has become null.

/** A share in percent with one decimal: 82.3 %. */
export function percentage(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(1)} %` : '–';
}

/** A difference of shares in percentage points, with its sign: +40.3. */
export function points(difference: number): string {
  return signedDecimal(Number.isFinite(difference) ? 100 * difference : NaN, 1);
}

/** A number with its sign and three decimals: +0.312; none for what rounds to nothing. */
export function signedDecimal(value: number, decimals = 3): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value).toFixed(decimals);
  return Number(size) === 0 ? size : `${value > 0 ? '+' : '−'}${size}`;
}

/** A p-value: 0.031, 0.0001, or below that the bound. */
export function probability(p: number): string {
  if (!Number.isFinite(p)) return '–';
  if (p < 5e-5) return '< 0.0001';
  return p >= 0.1 ? p.toFixed(2) : p >= 0.001 ? String(Number(p.toPrecision(2))) : p.toFixed(4);
}

/** "1 seed", "5 seeds". */
export function counted(n: number, noun: string): string {
  return `${count(n)} ${noun}${n === 1 ? '' : 's'}`;
}
