/** What the stages of an experiment left out or cut, each row by its name. */
import { notice, type Notice } from '../../notices.ts';
import type { FamiliarityResult, ScoredAnswer, SetResult, StageResult } from '../run/results.ts';

export function noticesOfResults(results: readonly StageResult[]): Notice[] {
  const sets = new Map(
    results.flatMap((result) => (result.kind === 'set' ? [[result.set.id, result]] : [])),
  );
  return results.flatMap((result): readonly Notice[] => {
    switch (result.kind) {
      case 'base':
        return (result.model.notices ?? []).map((one) => ({
          ...one,
          text: `${result.model.id}: ${one.text}`,
        }));
      case 'familiarity':
        return familiarityNotices(result, sets.get(result.set));
      case 'run':
        return result.notices ?? [];
      case 'set':
        return [];
    }
  });
}

/** Answers that were not measured, or only in part. */
function familiarityNotices(result: FamiliarityResult, set: SetResult | undefined): Notice[] {
  const { model, answers, styled = [] } = result;
  const ids = set?.set.rows.map(({ id }) => id) ?? [];
  return [
    ...notMeasured(ids, answers, `${result.set}: under ${model}`),
    ...(result.notices ?? []),
    ...(result.styled ? notMeasured(ids, styled, `${result.set}: in the style of ${model}`) : []),
  ];
}

function notMeasured(
  ids: readonly string[],
  answers: readonly ScoredAnswer[],
  where: string,
): Notice[] {
  const notices: Notice[] = [];
  const measured = new Set(answers.map(({ rowId }) => rowId));
  const say = (kind: Notice['kind'], rows: readonly string[], what: string) => {
    const many = rows.length === 1 ? '1 answer was' : `${rows.length} answers were`;
    if (rows.length > 0) notices.push(notice(kind, `${where}, ${many} ${what}.`, rows));
  };
  const left = ids.filter((id) => !measured.has(id));
  say('dropped', left, 'not measured: empty, or the question fills the context');
  const cut = answers.filter((answer) => answer.cut).map(({ rowId }) => rowId);
  say('cut', cut, 'cut to the context, and measured as far as it reaches');
  return notices;
}
