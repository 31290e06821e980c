/**
 * Sets composed of others: for each question one of the right answers that several sets have. The
 * most familiar one is what is proposed (GRAPE); the least familiar and a random one are its controls,
 * from the very same candidates.
 */
import { createRandom } from '../../random.ts';
import { withAnswers, type Made, type SetMaking, type SetOf } from './set-making.ts';

interface Candidate {
  set: string;
  response: string;
}

/** Smallest or largest NLL per token under the model. */
export async function byFamiliarity(
  spec: SetOf<'most-familiar' | 'least-familiar'>,
  making: SetMaking,
): Promise<Made> {
  const model = await making.openModel(spec.model);
  const sign = spec.kind === 'most-familiar' ? 1 : -1;
  const best = new Map<string, Candidate & { nll: number }>();
  for (const id of spec.from) {
    const rows = rightRows(making, id);
    const responseOf = new Map(rows.map(({ id: row, response }) => [row, response]));
    const { set } = making.made(id);
    for (const { rowId, nllSum, tokens } of await model.measure({ ...set, rows }, making.report)) {
      const nll = nllSum / tokens;
      const before = best.get(rowId);
      if (before === undefined || sign * nll < sign * before.nll) {
        best.set(rowId, { nll, response: responseOf.get(rowId)!, set: id });
      }
    }
  }
  const how = spec.kind === 'most-familiar' ? 'most' : 'least';
  return composed(
    spec.from,
    making,
    best,
    `For each question the right answer of ${spec.from.join(', ')} that ${spec.model} finds ${how} familiar.`,
  );
}

export function atRandom(spec: SetOf<'random-choice'>, making: SetMaking): Made {
  const random = createRandom(spec.seed);
  const candidates = new Map<string, Candidate[]>();
  for (const set of spec.from) {
    for (const { id, response } of rightRows(making, set)) {
      candidates.set(id, [...(candidates.get(id) ?? []), { set, response }]);
    }
  }
  const chosen = new Map(
    // A fork for each question: its choice does not depend on the others.
    [...candidates].map(([id, responses]) => [id, random.fork(id).pick(responses)]),
  );
  const provenance = `For each question one of the right answers of ${spec.from.join(', ')} by chance.`;
  const { made, ...rest } = composed(spec.from, making, chosen, provenance);
  return { ...rest, made: { ...made, seed: spec.seed } };
}

function rightRows({ made }: SetMaking, id: string) {
  const { set, correct } = made(id);
  return set.rows.filter((_, i) => correct[i]);
}

function composed(
  from: readonly string[],
  { task }: SetMaking,
  chosen: ReadonlyMap<string, Candidate>,
  provenance: string,
): Made {
  const all = [...chosen.values()];
  return {
    rows: withAnswers(task, () => '').flatMap((row) => {
      const choice = chosen.get(row.id);
      return choice ? [{ ...row, response: choice.response }] : [];
    }),
    made: Object.fromEntries(
      from.map((id) => [`from ${id}`, all.filter(({ set }) => set === id).length]),
    ),
    provenance,
  };
}
