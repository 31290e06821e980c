/** How much a mean changed between two measurements of the same items. */
import type { Random } from '../random.ts';
import { bootstrapInterval, type BootstrapInterval } from './bootstrap.ts';
import { pairedDifferences } from './paired.ts';
import { mean } from './summary.ts';

export interface PairedChange {
  n: number;
  before: number;
  after: number;
  /** after − before. */
  change: number;
  /** Bootstrap over items, each with both of its values. */
  interval: BootstrapInterval;
}

/** @throws RangeError when the lists differ in length */
export function pairedChange(
  before: readonly number[],
  after: readonly number[],
  random: Random,
): PairedChange {
  const differences = pairedDifferences(after, before);
  return {
    n: differences.length,
    before: mean(before),
    after: mean(after),
    change: mean(differences),
    interval: bootstrapInterval(differences, mean, { random }),
  };
}
