/**
 * Splits by question, never by row: a question in the test part appears in no set's training part,
 * however many sets answer it and however often it is repeated.
 */
import { DataError } from '../errors.ts';
import type { Random } from '../random.ts';
import type { ResponseSet } from './response-set.ts';
import { questionKey } from './response-set.ts';

/** Size of a part: below 1 a share of all questions, from 1 a number of questions. */
export interface SplitSizes {
  validation: number;
  test: number;
}

export interface SplitSets {
  train: ResponseSet[];
  validation: ResponseSet[];
  test: ResponseSet[];
}

/**
 * Divides joined sets into train, validation and test; what the last two leave is train.
 *
 * Each question gets a random number from the seed and its own text, and parts are filled in that
 * order: the order of the rows does not matter, and leaving out one question moves at most the
 * questions at a boundary. Rows keep their order within a part.
 * @throws DataError when the sets are not joined or too few questions remain.
 */
export function splitByQuestion(
  sets: readonly ResponseSet[],
  sizes: SplitSizes,
  random: Random,
): SplitSets {
  const count = sets[0]?.rows.length ?? 0;
  const linedUp = (set: ResponseSet): boolean =>
    set.rows.length === count && set.rows.every((row, i) => row.id === sets[0]!.rows[i]!.id);
  if (!sets.every(linedUp)) {
    throw new DataError('Sets must be joined before they are split: their rows do not line up.');
  }
  const wanted = {
    validation: questionsWanted(sizes.validation, count),
    test: questionsWanted(sizes.test, count),
  };
  if (wanted.validation + wanted.test >= count) {
    throw new DataError(
      `${count} questions cannot be split into ${wanted.validation} for validation, ${wanted.test} for test and at least one for training.`,
    );
  }

  const groups = groupsOfRows(sets, count)
    .map((group) => ({ ...group, order: random.fork(`split/${group.key}`).uniform() }))
    .sort((a, b) => a.order - b.order || (a.key < b.key ? -1 : 1));
  const partOf: (keyof SplitSets)[] = new Array<keyof SplitSets>(count).fill('train');
  for (const { rows } of groups) {
    const part = (['test', 'validation'] as const).find((name) => wanted[name] >= rows.length);
    if (part === undefined) continue;
    wanted[part] -= rows.length;
    for (const row of rows) partOf[row] = part;
  }
  const take = (part: keyof SplitSets): ResponseSet[] =>
    sets.map((set) => ({ ...set, rows: set.rows.filter((_, i) => partOf[i] === part) }));
  return { train: take('train'), validation: take('validation'), test: take('test') };
}

function questionsWanted(size: number, count: number): number {
  if (!(size >= 0)) throw new DataError(`A part cannot have size ${size}.`);
  return size < 1 ? Math.round(size * count) : Math.floor(size);
}

/** Rows that share a question text in any set stay together; the key is the smallest text. */
function groupsOfRows(
  sets: readonly ResponseSet[],
  count: number,
): { key: string; rows: number[] }[] {
  const parent = Array.from({ length: count }, (_, i) => i);
  const root = (i: number): number => {
    while (parent[i] !== i) i = parent[i]!;
    return i;
  };
  const firstWith = new Map<string, number>();
  for (const set of sets) {
    set.rows.forEach((row, i) => {
      const key = questionKey(row);
      const other = firstWith.get(key);
      if (other === undefined) firstWith.set(key, i);
      else parent[Math.max(root(i), root(other))] = Math.min(root(i), root(other));
    });
  }
  const groups = new Map<number, { key: string; rows: number[] }>();
  for (let i = 0; i < count; i++) {
    const key = questionKey(sets[0]!.rows[i]!);
    const group = groups.get(root(i)) ?? { key, rows: [] };
    if (key < group.key) group.key = key;
    group.rows.push(i);
    groups.set(root(i), group);
  }
  return [...groups.values()];
}
