/** The sets on the page as an experiment's task and files: divided by question, written as JSONL. */
import { splitByQuestion } from '../data/split.ts';
import { rowRecords } from '../data/row-record.ts';
import type { ResponseSet } from '../data/response-set.ts';
import { DataError } from '../errors.ts';
import type { Experiment } from '../experiment/spec/schema.ts';
import type { TaskFile } from './experiment-sources.ts';
import { parseTable } from '../exchange/read-table.ts';
import { usualRule } from '../experiment/sets/known-questions.ts';
import { createRandom } from '../random.ts';

/** Which questions are tested is the same at every attempt. */
const SPLIT_SEED = 41;

export interface OwnTask {
  task: Extract<Experiment['task'], { kind: 'files' }>;
  sets: Experiment['sets'];
  files: Record<string, TaskFile>;
}

/**
 * @param sets joined: they answer the same questions
 * @throws DataError when there are no right answers to judge by, or too few questions
 */
export function ownTask(
  sets: readonly ResponseSet[],
  shares: { test: number; validation: number },
): OwnTask {
  const rows = sets[0]?.rows ?? [];
  const problems: string[] = [];
  if (rows.length === 0) problems.push('There are no answers under Answers.');
  const without = rows.filter(({ gold }) => gold === undefined || gold === '').length;
  if (without > 0) {
    problems.push(
      `${without} of ${rows.length} questions have no right answer: a column named gold says it.`,
    );
  }
  if (problems.length > 0) throw new DataError('These answers cannot be tested.', problems);
  const split = splitByQuestion(sets, shares, createRandom(SPLIT_SEED));
  const files: Record<string, TaskFile> = {};
  const write = (name: string, set: ResponseSet): string => {
    const path = `${name}.jsonl`;
    // The right option is named by its text, which a label could be taken for.
    const records = rowRecords(set.rows.map(({ labels: _, ...row }) => row));
    const text = records.map((record) => `${JSON.stringify(record)}\n`).join('');
    files[path] = { content: new Blob([text]), table: parseTable(text, path, 'jsonl') };
    return path;
  };
  const taken: string[] = ['test', 'validation'];
  const specs = split.train.map((set) => {
    const slug =
      set.id
        .toLowerCase()
        .replaceAll(/[^a-z0-9.-]+/g, '-')
        .replace(/^[^a-z0-9]+/, '') || 'set';
    let id = slug;
    for (let i = 2; taken.includes(id); i++) id = `${slug}-${i}`;
    taken.push(id);
    return { id, kind: 'file' as const, path: write(id, set) };
  });
  return {
    sets: specs,
    files,
    task: {
      kind: 'files',
      answers: usualRule(rows),
      test: write('test', split.test[0]!),
      ...(shares.validation > 0 && { validation: write('validation', split.validation[0]!) }),
    },
  };
}
