/** How far training moved a model, in likelihoods: what accuracy shows late, these show early. */
import type { Random } from '../../random.ts';
import { bootstrapInterval, type BootstrapInterval } from '../../statistics/bootstrap.ts';
import { pairedChange, type PairedChange } from '../../statistics/paired-change.ts';
import { mean } from '../../statistics/summary.ts';
import type { AnswerDivergence, BaseResult, RunResult } from '../run/results.ts';

/** KL(base ‖ tuned), nats per token: mean over answers, each answer's mean over seeds. */
export interface DivergenceSummary {
  n: number;
  perToken: number;
  /** Resamples answers. */
  interval: BootstrapInterval;
}

/** @param seeds of each run in turn; undefined when nothing was measured */
export function summarizeDivergence(
  seeds: readonly (readonly AnswerDivergence[])[],
  random: Random,
): DivergenceSummary | undefined {
  if (seeds[0]!.length === 0) return undefined;
  const perAnswer = overSeeds(
    seeds.map((answers) => answers.map(({ klSum, tokens }) => klSum / tokens)),
  );
  return {
    n: perAnswer.length,
    perToken: mean(perAnswer),
    interval: bootstrapInterval(perAnswer, mean, { random }),
  };
}

export function textChanges(
  base: BaseResult,
  runs: readonly RunResult[],
  random: Random,
): Record<string, PairedChange> {
  return Object.fromEntries(
    Object.entries(base.textNll).flatMap(([name, before]) => {
      const after = runs.map(({ textNll }) => textNll[name]!);
      const change = nllChange(before, after, random.fork(name));
      return change ? [[name, change]] : [];
    }),
  );
}

/** Over the questions that could be measured in all; undefined when there is none. */
export function nllChange(
  base: readonly (number | null)[],
  seeds: readonly (readonly (number | null)[])[],
  random: Random,
): PairedChange | undefined {
  const complete = base.flatMap((value, i) => {
    const after = seeds.map((seed) => seed[i] ?? NaN);
    return value === null || after.some(Number.isNaN)
      ? []
      : [{ before: value, after: mean(after) }];
  });
  if (complete.length === 0) return undefined;
  return pairedChange(
    complete.map(({ before }) => before),
    complete.map(({ after }) => after),
    random,
  );
}

/** Mean over seeds of each question. */
export function overSeeds(seeds: readonly (readonly number[])[]): number[] {
  return seeds[0]!.map((_, i) => mean(seeds.map((values) => values[i]!)));
}
