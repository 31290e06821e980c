/**
 * Joins response sets so that row i of every set answers the same question. Comparing sets of
 * unequal questions confounds the comparison, so whatever does not join is left out and named.
 */
import { DataError } from '../errors.ts';
import type { ResponseRow, ResponseSet } from './response-set.ts';
import { questionKey } from './response-set.ts';
import { notice, type Notice } from '../notices.ts';

export interface JoinOptions {
  /** `auto` joins by id when every set brought ids of its own, else by the question's exact text. */
  by?: 'auto' | 'id' | 'question';
  /** Length of question and response together, in the unit of `maxLength`. */
  length?: (row: ResponseRow) => number;
  /** Rows longer than this are reported (and kept: they are cut when encoded). */
  maxLength?: number;
}

export interface SetJoinReport {
  setId: string;
  name: string;
  /** Rows before joining. */
  rows: number;
  /** Questions some other set does not answer. */
  unmatched: string[];
  /** Questions answered more than once; the first answer is kept. */
  duplicates: string[];
  /** Questions with an empty answer; left out of every set. */
  emptyResponses: string[];
  /** Ids of joined rows longer than `maxLength`. */
  overlong: string[];
}

export interface JoinReport {
  by: 'id' | 'question';
  /** Questions every set answers. */
  joined: number;
  sets: SetJoinReport[];
  /** Ids whose question reads differently in some set; only when joined by id. */
  differingQuestions: string[];
  /** Pairs of set names with the very same answers: probably one file under two names. */
  identicalSets: [string, string][];
}

export interface JoinedSets {
  /** All of one length, in the order of the first set; row i has one id in every set. */
  sets: ResponseSet[];
  report: JoinReport;
}

/** Whether the sets share a question; cheaper than joining them. */
export function shareQuestions(sets: readonly ResponseSet[]): boolean {
  const keyOf = keyIn(joinedBy(sets));
  const [first, ...others] = sets;
  const known = others.map(({ rows }) => new Set(rows.filter(isAnswered).map(keyOf)));
  return (first?.rows ?? []).some(
    (row) => isAnswered(row) && known.every((keys) => keys.has(keyOf(row))),
  );
}

/**
 * Joins sets by id or by question text.
 * @throws DataError when there is no set, or when the sets share no question.
 */
export function joinSets(sets: readonly ResponseSet[], options: JoinOptions = {}): JoinedSets {
  const [first] = sets;
  if (first === undefined) throw new DataError('There is no response set to join.');
  const by = joinedBy(sets, options.by);
  const keyOf = keyIn(by);

  const indexed = sets.map((set) => indexRows(set, keyOf));
  const shared = [...indexed[0]!.rows.keys()].filter((key) =>
    indexed.every(({ rows }) => rows.has(key)),
  );
  if (shared.length === 0) {
    throw new DataError(
      `The ${sets.length} response sets share no ${by === 'id' ? 'id' : 'question'}.`,
      sets.map((set) => `${set.name}: ${set.rows.length} rows, the first ${describe(set.rows[0])}`),
    );
  }

  const differing: string[] = [];
  const joined = sets.map((set, s): ResponseSet => {
    const rows = shared.map((key) => {
      // What a question is called and its correct answer belong to the question, not to a writer.
      const { id } = indexed[0]!.rows.get(key)!;
      const row = indexed[s]!.rows.get(key)!;
      const gold =
        row.gold ?? indexed.find((index) => index.rows.get(key)!.gold)?.rows.get(key)!.gold;
      return { ...row, id, ...(gold !== undefined && { gold }) };
    });
    return { ...set, rows };
  });
  joined[0]!.rows.forEach((row, i) => {
    if (joined.some((set) => questionKey(set.rows[i]!) !== questionKey(row)))
      differing.push(row.id);
  });

  const isShared = new Set(shared);
  const { length, maxLength } = options;
  const report: JoinReport = {
    by,
    joined: shared.length,
    sets: sets.map((set, s) => ({
      setId: set.id,
      name: set.name,
      rows: set.rows.length,
      unmatched: [...indexed[s]!.rows.keys()].filter((key) => !isShared.has(key)),
      duplicates: indexed[s]!.duplicates,
      emptyResponses: indexed[s]!.emptyResponses,
      overlong:
        length === undefined || maxLength === undefined
          ? []
          : joined[s]!.rows.filter((row) => length(row) > maxLength).map((row) => row.id),
    })),
    differingQuestions: differing,
    identicalSets: identicalPairs(joined),
  };
  return { sets: joined, report };
}

/** What a person should know about a join; empty when all is well. */
export function joinNotices(report: JoinReport): Notice[] {
  const notices: Notice[] = [];
  for (const set of report.sets) {
    const counts: [Notice['kind'], readonly string[], string][] = [
      ['dropped', set.unmatched, 'have no counterpart in every other set and are left out'],
      ['dropped', set.duplicates, 'are answered more than once; the first answer is kept'],
      ['dropped', set.emptyResponses, 'have an empty answer and are left out'],
      ['cut', set.overlong, 'are longer than the limit and will be cut'],
    ];
    for (const [kind, keys, what] of counts) {
      if (keys.length === 0) continue;
      const places = keys.map((key) => `${set.name}: ${shortKey(key)}`);
      notices.push(notice(kind, `${set.name}: ${keys.length} questions ${what}.`, places));
    }
  }
  const { differingQuestions: differing } = report;
  if (differing.length > 0) {
    const text = `${differing.length} questions share an id but not their text; check that the sets belong together.`;
    notices.push(notice('doubtful', text, differing));
  }
  for (const [a, b] of report.identicalSets) {
    const text = `${a} and ${b} hold the same answers: comparing them compares a set with itself.`;
    notices.push(notice('doubtful', text));
  }
  return notices;
}

function joinedBy(
  sets: readonly ResponseSet[],
  wanted: JoinOptions['by'] = 'auto',
): JoinReport['by'] {
  if (wanted !== 'auto') return wanted;
  return sets.every((set) => set.derivedIds !== true) ? 'id' : 'question';
}

const keyIn = (by: JoinReport['by']): ((row: ResponseRow) => string) =>
  by === 'id' ? ({ id }) => id : questionKey;

const isAnswered = ({ response, responseTurn }: ResponseRow): boolean =>
  response.trim() !== '' || responseTurn !== undefined;

/** A question that goes by its text, short enough for a list. */
const shortKey = (key: string): string =>
  key.length > 60 ? JSON.stringify(`${key.slice(0, 60)}…`) : key;

interface IndexedRows {
  rows: Map<string, ResponseRow>;
  duplicates: string[];
  emptyResponses: string[];
}

function indexRows(set: ResponseSet, keyOf: (row: ResponseRow) => string): IndexedRows {
  const rows = new Map<string, ResponseRow>();
  const duplicates = new Set<string>();
  const empty = new Set<string>();
  for (const row of set.rows) {
    const key = keyOf(row);
    if (!isAnswered(row)) empty.add(key);
    else if (rows.has(key)) duplicates.add(key);
    else rows.set(key, row);
  }
  // An empty answer beside a real one for the same question takes nothing away.
  for (const key of empty) if (rows.has(key)) empty.delete(key);
  return { rows, duplicates: [...duplicates], emptyResponses: [...empty] };
}

function identicalPairs(sets: readonly ResponseSet[]): [string, string][] {
  const pairs: [string, string][] = [];
  sets.forEach((a, i) => {
    for (const b of sets.slice(i + 1)) {
      if (a.rows.every((row, r) => row.response === b.rows[r]!.response))
        pairs.push([a.name, b.name]);
    }
  });
  return pairs;
}

function describe(row: ResponseRow | undefined): string {
  if (row === undefined) return 'missing';
  return `${row.id}: ${JSON.stringify(row.question.slice(0, 60))}`;
}
