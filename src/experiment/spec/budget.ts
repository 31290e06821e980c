import type { Experiment } from './schema.ts';

/**
 * Steps of an arm: the same for all, or such that it trains on about as many answer tokens as the
 * average set gives in `training.steps`.
 * @param meanTokens trained tokens of an answer of a set, mean over its answers
 */
export function stepsOf(
  { budget, training, sets }: Pick<Experiment, 'budget' | 'training' | 'sets'>,
  set: string,
  meanTokens: (set: string) => number,
): number {
  if (budget === 'equal-steps') return training.steps;
  const average = sets.reduce((sum, { id }) => sum + meanTokens(id), 0) / sets.length;
  return Math.max(1, Math.round((training.steps * average) / meanTokens(set)));
}
