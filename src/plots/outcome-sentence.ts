/** What may be said of trained runs, in a few sentences: questions right first, no ranking by loss. */
import { digits, list, percentage } from '../figures/format.ts';
import { mean } from '../statistics/summary.ts';
import {
  changeOf,
  changeText,
  lossComparable,
  onePerSeed,
  sameQuestions,
  valuesOf,
  type Measure,
  type OutcomeGroup,
  type OutcomeRun,
  type SeedMean,
} from './outcome.ts';

/** Runs that were not measured are left out. */
export function outcomeSentence(groups: readonly OutcomeGroup[]): string {
  const answered = groups.filter(({ runs }) => onePerSeed(runs, 'questions').length > 0);
  const measured = groups.filter(({ runs }) => onePerSeed(runs, 'loss').length > 0);
  if (answered.length + measured.length === 0) {
    return 'No shown run has answered held-out questions or has a held-out loss yet: train one, or hold some answers out.';
  }
  const compared = answered.length > 0 ? answered : measured;
  const sentences = [
    answered.length > 0 ? questions(answered) : '',
    answered.length > 1 && !sameQuestions(answered)
      ? 'They were asked different questions, so these counts cannot be set side by side.'
      : '',
    measured.length > 0 ? losses(measured) : '',
    ...compared.flatMap(repeated),
    chance(compared, answered.length > 0 ? 'questions' : 'loss'),
  ];
  return sentences.filter((sentence) => sentence !== '').join(' ');
}

function questions(groups: readonly OutcomeGroup[]): string {
  const parts = groups.map(({ name, runs }) => `${name} ${counted(onePerSeed(runs, 'questions'))}`);
  return `Held-out questions answered right, before → after training: ${parts.join('; ')}.`;
}

/** "3 → 12 of 32", or shares over several seeds. */
function counted(runs: readonly OutcomeRun[]): string {
  const [{ counts }] = runs as [OutcomeRun];
  if (runs.length === 1) return `${counts!.before} → ${counts!.after} of ${counts!.total}`;
  const [before, after] = (['before', 'after'] as const).map((when) =>
    percentage(mean(runs.map((run) => valuesOf(run, 'questions')![when]))),
  );
  return `${before} → ${after} (${change(runs, 'questions')})`;
}

function losses(groups: readonly OutcomeGroup[]): string {
  const [{ validation, heldOut }] = groups as [OutcomeGroup];
  if (!lossComparable(groups)) {
    return 'Held-out loss is measured on different answers here, so it does not compare the writers; choose the same answers for all in Train’s settings to see it side by side.';
  }
  const parts = groups.map(({ name, runs }) => {
    const seeds = onePerSeed(runs, 'loss');
    const [before, after] = (['before', 'after'] as const).map((when) =>
      digits(mean(seeds.map((run) => valuesOf(run, 'loss')![when]))),
    );
    return `${name} ${before} → ${after} (${change(seeds, 'loss')})`;
  });
  const where =
    validation === undefined
      ? `the writer’s own ${heldOut} held-out answers`
      : `the same ${heldOut} answers (${validation})`;
  return `Loss on ${where}, nats per token: ${parts.join('; ')}.`;
}

/** What a seed trained twice gave: it counts once. */
function repeated({ name, runs }: OutcomeGroup): string[] {
  const bySeed = new Map<number, OutcomeRun[]>();
  for (const run of runs) bySeed.set(run.seed, [...(bySeed.get(run.seed) ?? []), run]);
  return [...bySeed].flatMap(([seed, same]) => {
    if (same.length < 2) return [];
    const equal = new Set(same.map(numbersOf)).size === 1;
    const what = equal ? 'gave equal numbers and count once' : 'differ; only the latest counts';
    return `${same.length} runs on ${name} with seed ${seed} ${what}.`;
  });
}

const numbersOf = ({ counts, before, after, step }: OutcomeRun): string =>
  JSON.stringify([counts?.before, counts?.after, before, after, step]);

function chance(groups: readonly OutcomeGroup[], measure: Measure): string {
  const seeds = groups.map(({ runs }) => onePerSeed(runs, measure).map(({ seed }) => seed));
  const several = seeds.filter(({ length }) => length > 1);
  if (several.length === 0) {
    const different = [...new Set(seeds.flat())];
    const one = groups.length === 1 ? 'One seed' : 'One seed each';
    return `${one} (${list(different.map(String))}): there is no interval over seeds, so chance is not ruled out.`;
  }
  const few = groups.filter((_, i) => seeds[i]!.length === 1).map(({ name }) => name);
  const caution = few.length > 0 ? ` ${list(few)}: one seed only, hence none.` : '';
  const counts = [...new Set(several.map(({ length }) => length))];
  return `Intervals: 95 % over seeds (Student’s t, n = ${list(counts.map(String))}).${caution}`;
}

function change(runs: readonly OutcomeRun[], measure: Measure): string {
  const all = changeOf(runs, measure);
  return `${changeText(all.mean, measure)}${intervalOf(all, measure)}`;
}

export function intervalOf({ low, high, n }: SeedMean, measure: Measure): string {
  if (n < 2) return '';
  if (low === high) return `, the same with each of ${n} seeds`;
  return `, 95 % interval ${changeText(low, measure)} to ${changeText(high, measure)}`;
}
