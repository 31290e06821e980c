/** What a reader of a report must know, in plain sentences. */
import { EXPECTED_SHARE } from '../../evaluate/gold-agreement.ts';
import { ruleText } from '../../evaluate/rule-text.ts';
import type { Experiment } from '../spec/schema.ts';
import type { SetSummary } from './summaries.ts';

export interface RunProgress {
  /** Runs that are in, of those planned. */
  done: number;
  planned: number;
  /** The 2×2 has no verdict yet. */
  verdictWaits: boolean;
}

export function notesOf(
  { seeds, learningRates, checkpoint, training, task }: Experiment,
  sets: readonly SetSummary[],
  progress: RunProgress,
): string[] {
  const notes = [
    ...unfinishedNotes(progress),
    'Perplexities were measured before any training, on the answer’s tokens alone; the end token is not scored.',
    'Test questions were asked once of each base model and once of each trained run, greedily, after everything about the run was settled.',
  ];
  if (learningRates.length > 1) {
    notes.push('Each run chose its learning rate on the validation questions, from one grid.');
  }
  notes.push(
    checkpoint === 'last'
      ? 'The weights after the last step were tested.'
      : `Each run kept the weights that were best on the validation questions (${checkpoint === 'best-loss' ? 'loss of held-out answers' : 'strict accuracy'}, every ${training.evaluateEvery} steps); the test questions had no part in it.`,
  );
  if (task.kind === 'files') notes.push(ruleText(task.answers));
  for (const { id, n, correct, made } of sets) {
    if (made['kind'] === 'file' && correct.share < EXPECTED_SHARE) {
      notes.push(`${id}: ${correct.correct} of ${n} given answers agree with their gold.`);
    }
  }
  if (seeds.length < 5) {
    const smallest = 1 / 2 ** seeds.length;
    notes.push(
      `${seeds.length === 1 ? 'One seed allows' : `${seeds.length} seeds allow`} no one-sided p below ${smallest} over seeds: what is supported here is supported for these runs and for questions like these.`,
    );
  }
  for (const [i, a] of sets.entries()) {
    for (const b of sets.slice(i + 1)) {
      if (a.sha256 === b.sha256)
        notes.push(`The sets ${a.id} and ${b.id} hold the very same answers.`);
    }
  }
  const sizes = new Set(sets.map(({ n }) => n));
  if (sizes.size > 1) {
    notes.push(
      'The sets differ in size: own right answers exist for some questions only, mostly for those already solved.',
    );
  }
  return notes;
}

function unfinishedNotes({ done, planned, verdictWaits }: RunProgress): string[] {
  if (done === planned) return [];
  const verdict = verdictWaits
    ? ' There is a verdict only when every run of the four arms is in, so that nobody stops at a good moment.'
    : '';
  return [`Not finished: ${done} of ${planned} runs are in, and the numbers will move.${verdict}`];
}
