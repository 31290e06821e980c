/** What becomes of the rows of a set when they are encoded: each one left out or cut has a name. */
import { DataError } from '../errors.ts';
import { notice, type Notice } from '../notices.ts';
import { capProblems } from './problems.ts';

export interface EncodedRows {
  /** Rows of which nothing could be used. */
  skipped: readonly { rowId: string; reason: string }[];
  /** Ids of rows whose answer did not fit and is used in part. */
  cut: readonly string[];
  /** Ids of rows in which a token holds the end of the question and the start of the answer. */
  merged: readonly string[];
}

/** @param maxLength tokens of question and answer together */
export function rowNotices(
  setName: string,
  { skipped, cut, merged }: EncodedRows,
  maxLength: number,
): Notice[] {
  const notices: Notice[] = [];
  const say = (kind: Notice['kind'], places: readonly string[], one: string, many: string) => {
    if (places.length === 0) return;
    const what = places.length === 1 ? `1 answer ${one}` : `${places.length} answers ${many}`;
    const named = places.map((place) => `${setName}/${place}`);
    notices.push(notice(kind, `${setName}: ${what}.`, named));
  };
  const left = skipped.map(({ rowId, reason }) => `${rowId}: ${reason}`);
  say('dropped', left, 'is left out', 'are left out');
  const limit = `the limit of ${maxLength} tokens`;
  say(
    'cut',
    cut,
    `was cut where it and its question reach ${limit}`,
    `were cut where they and their questions reach ${limit}`,
  );
  const joint = 'a token with the end of the question';
  say('joined', merged, `shares ${joint}`, `share ${joint}`);
  return notices;
}

/** @throws DataError when no answer of a set could be measured; it names each with the reason */
export function refuseUnmeasured(
  sets: readonly { id: string; name: string }[],
  measured: readonly Pick<
    EncodedRows & { setId: string; rows: readonly unknown[] },
    'setId' | 'rows' | 'skipped'
  >[],
): void {
  const problems = measured
    .filter(({ rows }) => rows.length === 0)
    .flatMap(({ setId, skipped }) => {
      const name = sets.find(({ id }) => id === setId)?.name ?? setId;
      if (skipped.length === 0) return [`${name} holds no answers.`];
      return skipped.map(({ rowId, reason }) => `${name}/${rowId}: ${reason}`);
    });
  if (problems.length > 0) {
    throw new DataError('There is nothing left to measure.', capProblems(problems));
  }
}
