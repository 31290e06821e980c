/**
 * The 2×2 cross-over: answers made from model A or B, measured under model A or B. Is each model
 * better served by the answers made from itself?
 */
import type { Random } from '../random.ts';
import type { BootstrapInterval } from './bootstrap.ts';
import { bootstrapInterval } from './bootstrap.ts';
import type { SignFlipTest } from './sign-flip.ts';
import { signFlipTest } from './sign-flip.ts';
import { mean } from './summary.ts';

/** One number for each question and each pair of a measuring model and a set; lower is better. */
export interface CrossOver {
  modelAsetA: readonly number[];
  modelAsetB: readonly number[];
  modelBsetA: readonly number[];
  modelBsetB: readonly number[];
}

export interface Interaction {
  /** Mean of I_i = [A on B − A on A] + [B on A − B on B]; positive = each prefers its own. */
  mean: number;
  /** Mean of each bracket: one large bracket alone can carry the sum, so both are shown. */
  bracketA: number;
  bracketB: number;
  /** Sign flips of I_i; `greater` is the hypothesis stated in advance. */
  test: SignFlipTest;
  interval: BootstrapInterval;
}

/**
 * Interaction of a 2×2 cross-over over questions. For accuracies, which are better when higher,
 * negate the numbers first. If tokenizers differ, use nats per character.
 * @throws RangeError when the four lists differ in length.
 */
export function crossOverInteraction(
  { modelAsetA, modelAsetB, modelBsetA, modelBsetB }: CrossOver,
  random: Random,
): Interaction {
  const n = modelAsetA.length;
  if ([modelAsetB, modelBsetA, modelBsetB].some((list) => list.length !== n)) {
    throw new RangeError('The four cells of a cross-over need the same questions.');
  }
  const bracketA = modelAsetB.map((value, i) => value - modelAsetA[i]!);
  const bracketB = modelBsetA.map((value, i) => value - modelBsetB[i]!);
  const items = bracketA.map((value, i) => value + bracketB[i]!);
  return {
    mean: mean(items),
    bracketA: mean(bracketA),
    bracketB: mean(bracketB),
    test: signFlipTest(items, random.fork('sign flips')),
    interval: bootstrapInterval(items, mean, { random: random.fork('bootstrap') }),
  };
}
