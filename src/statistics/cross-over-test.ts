/**
 * The 2×2 cross-over over questions and seeds, and what it says in a word. Questions and seeds are
 * two sources of noise: each is tested by itself, and the interval resamples both at once.
 */
import type { Random } from '../random.ts';
import { bootstrapByIndex, type BootstrapInterval } from './bootstrap.ts';
import { signFlipTest, type SignFlipTest } from './sign-flip.ts';
import { mean } from './summary.ts';

/** One number for each seed and question, higher is better; seeds and questions match in all cells. */
export interface CrossOverCells {
  modelAsetA: readonly (readonly number[])[];
  modelAsetB: readonly (readonly number[])[];
  modelBsetA: readonly (readonly number[])[];
  modelBsetB: readonly (readonly number[])[];
}

export interface SeededInteraction {
  /** ½[(A on A − A on B) + (B on B − B on A)]: what a model's own set gains it over the other's. */
  mean: number;
  /** Each bracket by itself: one large bracket alone could carry the mean. */
  bracketA: number;
  bracketB: number;
  /** Resamples questions and seeds together, the same ones in every cell. */
  interval: BootstrapInterval;
  /** Sign flips of each question's mean over seeds. */
  overQuestions: SignFlipTest;
  /** Sign flips of each seed's mean over questions. */
  overSeeds: SignFlipTest;
  /** Smallest one-sided p that so many questions, and so many seeds, allow. */
  smallestP: { questions: number; seeds: number };
}

/** @throws RangeError when the cells differ in seeds or questions, or are empty */
export function seededInteraction(cells: CrossOverCells, random: Random): SeededInteraction {
  const { modelAsetA, modelAsetB, modelBsetA, modelBsetB } = cells;
  const a = differences(modelAsetA, modelAsetB);
  const b = differences(modelBsetB, modelBsetA);
  requireSame(a, b);
  const items = a.map((seed, s) => seed.map((value, i) => (value + b[s]![i]!) / 2));
  const perSeed = items.map(mean);
  const questions = items[0]!.length;
  const perQuestion = Array.from({ length: questions }, (_, i) =>
    mean(items.map((seed) => seed[i]!)),
  );
  const overQuestions = signFlipTest(perQuestion, random.fork('questions'));
  const overSeeds = signFlipTest(perSeed, random.fork('seeds'));
  return {
    mean: mean(perSeed),
    bracketA: mean(a.map(mean)),
    bracketB: mean(b.map(mean)),
    interval: bootstrapByIndex(
      [questions, items.length],
      ([chosen, seeds]) => {
        let sum = 0;
        for (const s of seeds!) for (const i of chosen!) sum += items[s]![i]!;
        return sum / (chosen!.length * seeds!.length);
      },
      { random: random.fork('bootstrap') },
    ),
    overQuestions,
    overSeeds,
    smallestP: { questions: smallestP(overQuestions), seeds: smallestP(overSeeds) },
  };
}

/** Only the observed pattern itself is as extreme. */
const smallestP = ({ exact, flips }: SignFlipTest): number => 1 / (exact ? flips : 1 + flips);

function differences(
  first: readonly (readonly number[])[],
  second: readonly (readonly number[])[],
): number[][] {
  requireSame(first, second);
  return first.map((seed, s) => seed.map((value, i) => value - second[s]![i]!));
}

function requireSame(
  first: readonly (readonly number[])[],
  second: readonly (readonly number[])[],
): void {
  const shape = (cell: readonly (readonly number[])[]) => cell.map(({ length }) => length).join();
  if (first.length === 0 || first[0]!.length === 0 || shape(first) !== shape(second)) {
    throw new RangeError('The four cells of a cross-over need the same seeds and questions.');
  }
}

export type Verdict = 'supported' | 'contradicted' | 'inconclusive';

const LEVEL = 0.05;

/** The rule of `verdictOf`, to be printed beside every verdict. */
export const verdictRule =
  `Supported: the interaction is above 0 for both models, its 95 % interval over questions and seeds ` +
  `lies above 0, and sign flips over questions give a one-sided p of at most ${LEVEL}; where the seeds ` +
  `are enough to reach that p (five or more), sign flips over seeds must give it too. ` +
  `Contradicted: the same below 0. Anything else is inconclusive.`;

export function verdictOf(result: SeededInteraction): Verdict {
  const { bracketA, bracketB, interval, overQuestions, overSeeds, smallestP } = result;
  const seedsCount = smallestP.seeds <= LEVEL;
  const significant = (side: 'greater' | 'less') =>
    overQuestions.p[side] <= LEVEL && (!seedsCount || overSeeds.p[side] <= LEVEL);
  if (bracketA > 0 && bracketB > 0 && interval.low > 0 && significant('greater')) {
    return 'supported';
  }
  if (bracketA < 0 && bracketB < 0 && interval.high < 0 && significant('less')) {
    return 'contradicted';
  }
  return 'inconclusive';
}
