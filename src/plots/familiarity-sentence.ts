/** What the familiarity plot says, in words: its finding and its text alternative. */
import type { Interval } from '../statistics/proportions.ts';
import { count, digits, list } from '../figures/format.ts';

export interface SetScore {
  name: string;
  /** The chosen average of perplexity. */
  average: number;
  /** 95 % bootstrap interval, once it is computed. */
  interval: Interval | undefined;
  /** Answers measured. */
  n: number;
}

/** An average with its interval: "1.62 (95 % interval 1.55–1.70)". */
export function withInterval({ average, interval }: SetScore): string {
  if (interval === undefined || Number.isNaN(interval.low)) return digits(average);
  return `${digits(average)} (95 % interval ${digits(interval.low)}–${digits(interval.high)})`;
}

/**
 * One or two sentences about sets in order of their average, the lowest first.
 * @param mean the average by its name, as in "median perplexity"
 */
export function familiaritySentence(
  model: string,
  mean: string,
  ranked: readonly SetScore[],
): string {
  const [first, ...others] = ranked;
  const last = others.at(-1);
  if (first === undefined) return 'Nothing is measured yet.';
  const answers = list([...new Set(ranked.map(({ n }) => n))].map(count));
  const about = `${mean} ${withInterval(first)}`;
  if (last === undefined) {
    return `${first.name} has a ${about} for ${model}, over ${answers} answers.`;
  }
  const times = last.average / first.average;
  const second = others[0]!;
  const close =
    first.interval !== undefined &&
    second.interval !== undefined &&
    first.interval.high >= second.interval.low;
  const doubt = close
    ? ` The intervals of ${first.name} and ${second.name} overlap: which of the two is more familiar is not settled.`
    : '';
  return (
    `${first.name} is the most familiar to ${model}: ${about}. ` +
    `${last.name} is the least familiar: ${withInterval(last)}, ${digits(times, 2)} times as high. ` +
    `${answers} answers a set.${doubt}`
  );
}
