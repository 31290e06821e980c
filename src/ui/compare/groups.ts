/** Runs of the page as the groups a comparison speaks of: what differs by the seed only is one. */
import type { OutcomeGroup } from '../../plots/outcome.ts';
import { seedGroup } from '../../state/run-record.ts';
import type { Run } from '../../state/run.svelte.ts';

export function groupRuns(runs: readonly Run[]): OutcomeGroup[] {
  const groups = new Map<string, Run[]>();
  for (const run of runs) {
    const key = seedGroup(run.record);
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups].map(([key, members]) => {
    const [first] = members;
    const { record } = first!;
    return {
      key,
      name: members.length > 1 ? record.setName : record.name,
      setId: record.setId,
      slot: record.slot,
      dashed: first!.dashed,
      validation: record.settings.validation,
      heldOut: record.plan?.validationRows ?? 0,
      runs: members.map(({ id, label, outcome, counts, record: { settings } }) => ({
        id,
        label,
        seed: settings.training.seed,
        counts,
        before: outcome.before,
        after: outcome.after,
        step: outcome.step,
      })),
    };
  });
}
