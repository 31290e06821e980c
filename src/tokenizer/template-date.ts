/**
 * `strftime_now`, with which some chat templates (Llama 3.2 and later, SmolLM3, …) write the date into the prompt.
 * A measurement must be the same tomorrow, so that one date stands for every day: the one that Llama 3.1's
 * template takes when it is given none. It is said in a notice.
 */
import type { TreeNode } from './template-tree.ts';

/** Name of the variable under which `strftime` must be given to the template. */
export const DATE_VARIABLE = 'idiolect_strftime_now';

export const ASSUMED_DATE = '26 July 2024';

const YEAR = 2024;
const MONTHS =
  'January February March April May June July August September October November December'.split(
    ' ',
  );
const MONTH = 7;
const DAY = 26;

const values: Readonly<Record<string, string>> = {
  Y: String(YEAR),
  y: String(YEAR).slice(2),
  m: '07',
  '-m': String(MONTH),
  d: String(DAY),
  '-d': String(DAY),
  e: String(DAY),
  B: MONTHS[MONTH - 1]!,
  b: MONTHS[MONTH - 1]!.slice(0, 3),
  h: MONTHS[MONTH - 1]!.slice(0, 3),
  A: 'Friday',
  a: 'Fri',
  u: '5',
  w: '5',
  j: '208',
  F: '2024-07-26',
  D: '07/26/24',
  H: '00',
  M: '00',
  S: '00',
  I: '12',
  p: 'AM',
  T: '00:00:00',
  R: '00:00',
  Z: '',
  z: '',
  '%': '%',
};

/** Python's strftime of midnight of the assumed date, in English. @throws Error for a format it does not know */
export function strftime(format: string): string {
  return format.replace(/%(-?.)/g, (code, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`strftime_now: ${code} is not known.`);
    return value;
  });
}

/** Exchanges the name in place. @returns whether it was there */
export function useAssumedDate(node: TreeNode): boolean {
  if (node.type !== 'Identifier' || node.value !== 'strftime_now') return false;
  node.value = DATE_VARIABLE;
  return true;
}
