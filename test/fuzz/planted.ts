/** Readers with every kind of fault that the runner has to find, for its own test; no campaign runs them. */
import fc from 'fast-check';
import { DataError } from '../../src/errors.ts';
import { target, type FuzzTarget } from './target.ts';

const planted = (fault: string, read: (n: number) => unknown): FuzzTarget =>
  target({
    name: `planted-${fault}`,
    fileName: 'x.csv',
    cases: fc.nat(99),
    read: (n) => (n > 20 ? read(n) : undefined),
  });

export const targets: readonly FuzzTarget[] = [
  planted('raw', (n) => (n as unknown as string[]).map(String)),
  planted('unnamed', () => {
    throw new DataError('It cannot be read.');
  }),
  planted('prototype', () => ((Object.prototype as Record<string, unknown>)['polluted'] = true)),
  planted('hang', () => {
    for (;;);
  }),
  planted('memory', () => {
    const all: number[][] = [];
    for (;;) all.push(new Array<number>(4_000_000).fill(all.length));
  }),
  planted('none', () => {
    throw new DataError('x.csv cannot be read.');
  }),
];
