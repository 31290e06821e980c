/** Bootstrap intervals of measured sets, one set at a time, so that the page keeps its frames. */
import {
  summarizePerplexity,
  type EosPolicy,
  type PerplexityMean,
} from '../familiarity/aggregate.ts';
import { createRandom } from '../random.ts';
import type { BootstrapInterval } from '../statistics/bootstrap.ts';
import type { SetScores } from './measured-set.ts';

const SEED = 1;
/** Above so many answers an interval from fewer resamples is as steady and far quicker. */
const MANY_ANSWERS = 2000;

/** @returns how to stop; `done` is not called then */
export function estimateIntervals(
  sets: readonly SetScores[],
  { chosen, eos }: { chosen: PerplexityMean; eos: EosPolicy },
  done: (intervals: ReadonlyMap<string, BootstrapInterval>) => void,
): () => void {
  let stopped = false;
  const work = async (): Promise<void> => {
    const intervals = new Map<string, BootstrapInterval>();
    for (const { set, measured } of sets) {
      await new Promise((resolve) => setTimeout(resolve));
      if (stopped) return;
      const random = createRandom(SEED).fork(`interval/${set.id}`);
      const resamples = measured.length > MANY_ANSWERS ? { resamples: 400 } : {};
      const options = { chosen, eos, random, ...resamples };
      intervals.set(set.id, summarizePerplexity(measured, options).interval);
    }
    done(intervals);
  };
  void work();
  return () => (stopped = true);
}
