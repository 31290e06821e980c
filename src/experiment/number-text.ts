/** Numbers as the report writes them: no zero before the point of shares, real minus signs, a dash for none. */
import type { Accuracy } from '../evaluate/accuracy.ts';
import type { Interval } from '../statistics/proportions.ts';

/** .83 */
export const share = (value: number): string =>
  Number.isNaN(value) ? '–' : value.toFixed(3).replace(/^(-?)0\./, '$1.');
/** +.83, −.20; .000 for what rounds to nothing, without a sign. */
export const signed = (value: number, digits = 3): string => {
  if (Number.isNaN(value)) return '–';
  const size = Math.abs(value).toFixed(digits).replace(/^0\./, '.');
  if (Number(size) === 0) return size;
  return `${value > 0 ? '+' : '−'}${size}`;
};
export const range = ({ low, high }: Interval, digits = 3): string =>
  `${signed(low, digits)} to ${signed(high, digits)}`;
export const shareRange = ({ low, high }: Interval): string => `${share(low)} to ${share(high)}`;
export const withInterval = ({ share: value, interval }: Accuracy): string =>
  Number.isNaN(value) ? '–' : `${share(value)} (${shareRange(interval)})`;
export const decimal = (value: number, digits = 3): string =>
  Number.isNaN(value) ? '–' : value.toFixed(digits);
export const pValue = (p: number): string =>
  Number.isNaN(p) ? '–' : p < 0.0001 ? '< .0001' : p.toFixed(4).replace(/^0/, '');
