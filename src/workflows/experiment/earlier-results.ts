/** Stages as earlier versions kept them, read as today's. */
import { familiarityId } from '../../experiment/spec/plan.ts';
import type { FamiliarityResult, StageResult, ScoredAnswer } from '../../experiment/run/results.ts';

/** Until version 0.1 one stage held how familiar all sets were to a model; its id is familiarity.MODEL. */
interface FamiliarityOfAllSets extends Pick<FamiliarityResult, 'kind' | 'id' | 'seconds'> {
  sets: Record<string, ScoredAnswer[]>;
  styled?: Record<string, ScoredAnswer[]>;
}

export function stagesOfToday(kept: StageResult | FamiliarityOfAllSets): StageResult[] {
  if (kept.kind !== 'familiarity' || !('sets' in kept)) return [kept];
  const model = kept.id.slice('familiarity.'.length);
  const all = Object.entries(kept.sets);
  return all.map(([set, answers]) => {
    const styled = kept.styled?.[set];
    return {
      kind: 'familiarity',
      id: familiarityId(model, set),
      ...{ model, set, answers },
      ...(styled && { styled }),
      seconds: kept.seconds / all.length,
    };
  });
}
