/** Numbers as the report writes them: no zero before the point of shares, real minus signs, a dash for none. */
import type { Accuracy } from '../../evaluate/accuracy.ts';
import type { Interval } from '../../statistics/proportions.ts';

/** Not measured. JSON has no NaN: in a report that is read back it stands as null. */
export const isMissing = (value: number | null): boolean => value === null || Number.isNaN(value);

/** .83 */
export const share = (value: number): string =>
  isMissing(value) ? '–' : value.toFixed(3).replace(/^(-?)0\./, '$1.');
/** +.83, −.20; .000 for what rounds to nothing, without a sign. */
export const signed = (value: number, digits = 3): string => {
  if (isMissing(value)) return '–';
  const size = Math.abs(value).toFixed(digits).replace(/^0\./, '.');
  if (Number(size) === 0) return size;
  return `${value > 0 ? '+' : '−'}${size}`;
};
export const range = ({ low, high }: Interval, digits = 3): string =>
  `${signed(low, digits)} to ${signed(high, digits)}`;
export const shareRange = ({ low, high }: Interval): string => `${share(low)} to ${share(high)}`;
export const withInterval = ({ share: value, interval }: Accuracy): string =>
  isMissing(value) ? '–' : `${share(value)} (${shareRange(interval)})`;
export const decimal = (value: number, digits = 3): string =>
  isMissing(value) ? '–' : value.toFixed(digits);
export const pValue = (p: number): string =>
  isMissing(p) ? '–' : p < 0.0001 ? '< .0001' : p.toFixed(4).replace(/^0/, '');
