/** What training gave, run by run, and the one sentence that may be said of it. */
import { mean, standardDeviation } from '../statistics/summary.ts';
import { digits, list } from '../figures/format.ts';

/** One trained run. Losses in nats per held-out token. */
export interface OutcomeRun {
  id: string;
  label: string;
  seed: number;
  before: number;
  after: number;
  step: number;
}

/** Runs that differ by nothing but their seed. */
export interface OutcomeGroup {
  key: string;
  name: string;
  /** 1 to 8: color and mark of the set. */
  slot: number;
  dashed: boolean;
  runs: readonly OutcomeRun[];
  /** Name of the set the loss is measured on; undefined: the writer's own held-out answers. */
  validation: string | undefined;
  /** Held-out answers. */
  heldOut: number;
}

/** Mean of some seeds with its 95 % interval (Student's t); NaN bounds for fewer than two. */
export interface SeedMean {
  mean: number;
  low: number;
  high: number;
  n: number;
}

/** 97.5 % quantiles of Student's t for 1 to 19 degrees of freedom. */
const T_975 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145,
  2.131, 2.12, 2.11, 2.101, 2.093,
] as const;

export function seedMean(values: readonly number[]): SeedMean {
  const n = values.length;
  const middle = mean(values);
  const t = T_975[Math.min(n - 2, T_975.length - 1)] ?? NaN;
  const half = (t * standardDeviation(values)) / Math.sqrt(n);
  return { mean: middle, low: middle - half, high: middle + half, n };
}

export function dropOf({ before, after }: OutcomeRun): number {
  return before - after;
}

/**
 * What the groups say: each one's drop, whether the levels can be compared, and how much of it may
 * be chance. Runs without two measurements are left out.
 */
export function outcomeSentence(groups: readonly OutcomeGroup[]): string {
  const measured = groups
    .map((group) => ({ ...group, runs: group.runs.filter((run) => Number.isFinite(dropOf(run))) }))
    .filter(({ runs }) => runs.length > 0);
  const [first, ...others] = measured;
  if (first === undefined) {
    return 'No shown run has held-out losses yet: train one, or hold some answers out.';
  }
  const sentences =
    others.length === 0 ? [alone(first)] : [together(measured), comparability(measured)];
  sentences.push(chance(measured));
  return sentences.filter((sentence) => sentence !== '').join(' ');
}

function alone({ name, runs, heldOut }: OutcomeGroup): string {
  const before = mean(runs.map((run) => run.before));
  const after = mean(runs.map((run) => run.after));
  const drop = seedMean(runs.map(dropOf));
  const verb = drop.mean >= 0 ? 'lowered' : 'raised';
  return `Training on ${name} ${verb} the loss on ${heldOut} held-out answers from ${digits(before)} to ${digits(after)} nats per token (${signed(-drop.mean)}${intervalOf(drop, -1)}).`;
}

function together(groups: readonly OutcomeGroup[]): string {
  const drops = groups
    .map((group) => ({ group, drop: seedMean(group.runs.map(dropOf)) }))
    .sort((a, b) => b.drop.mean - a.drop.mean);
  const parts = drops.map(({ group, drop }) => {
    const before = digits(mean(group.runs.map((run) => run.before)));
    const after = digits(mean(group.runs.map((run) => run.after)));
    const by = `${digits(Math.abs(drop.mean))}${intervalOf(drop, 1)}`;
    const rose = drop.mean < 0 ? 'rose ' : '';
    return `${rose}by ${by} with ${group.name} (${before} → ${after})`;
  });
  const fell = drops.every(({ drop }) => drop.mean < 0) ? 'changed' : 'fell';
  return `Held-out loss, in nats per token, ${fell} ${list(parts)}.`;
}

function comparability(groups: readonly OutcomeGroup[]): string {
  const { validation, heldOut } = groups[0]!;
  if (groups.some((group) => group.validation !== validation)) {
    return 'The runs are measured on different held-out answers, so their numbers cannot be set side by side.';
  }
  if (validation !== undefined) {
    return `All are measured on the same ${heldOut} answers (${validation}).`;
  }
  const writers = new Set(groups.map(({ slot }) => slot));
  return writers.size > 1
    ? 'Each is measured on its own writer’s held-out answers, where a familiar writer starts lower: compare the drops, not the levels.'
    : `All are measured on the writer’s own ${heldOut} held-out answers.`;
}

function chance(groups: readonly OutcomeGroup[]): string {
  const counts = groups.map(({ runs }) => runs.length);
  if (counts.every((n) => n === 1)) {
    const seeds = [...new Set(groups.map(({ runs }) => runs[0]!.seed))];
    const one = groups.length === 1 ? 'One run with one seed' : 'One seed each';
    return `${one} (${list(seeds.map(String))}): there is no interval over seeds, so chance is not ruled out.`;
  }
  const few = groups.filter(({ runs }) => runs.length === 1).map(({ name }) => name);
  const caution = few.length > 0 ? ` ${list(few)} has one seed only, hence none.` : '';
  return `Intervals: 95 % over seeds (Student’s t, n = ${list([...new Set(counts)].filter((n) => n > 1).map(String))}).${caution}`;
}

function intervalOf({ low, high, n }: SeedMean, sign: 1 | -1): string {
  if (n < 2) return '';
  const [a, b] = sign === 1 ? [low, high] : [-high, -low];
  return `, 95 % interval ${signed(a, sign === 1)} to ${signed(b, sign === 1)}`;
}

/** A number with its sign; the plus can be left away. */
export function signed(value: number, bare = false): string {
  const text = digits(Math.abs(value));
  if (value < 0) return `−${text}`;
  return bare ? text : `+${text}`;
}
