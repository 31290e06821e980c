/** The tables that an experiment names → its sets and questions, the same on the page and in a command. */
import { readChoices } from '../../data/choices.ts';
import { firstSet, readGuessed, type RecordsOptions } from '../../data/records.ts';
import { noticesOf, type ResponseSet } from '../../data/response-set.ts';
import type { Table } from '../../data/table.ts';
import { agreementNotices } from '../../evaluate/gold-agreement.ts';
import type { Notice } from '../../notices.ts';
import {
  retentionRule,
  type AnswerRuleSpec,
  type Experiment,
  type TaskSpec,
} from '../spec/schema.ts';
import type { TaskFiles } from './task.ts';

type FilesSpec = Extract<TaskSpec, { kind: 'files' }>;

/**
 * @param tableOf the table at a path that the experiment names
 * @returns what the files say of themselves, and how many given answers agree with their gold
 * @throws DataError for a table that cannot be read as questions and answers
 */
export function readTaskFiles(
  spec: FilesSpec,
  sets: Experiment['sets'],
  tableOf: (path: string) => Table,
): { files: Omit<TaskFiles, 'text'>; notices: Notice[] } {
  const notices: Notice[] = [];
  const noted = (set: ResponseSet): ResponseSet => {
    notices.push(...noticesOf(set));
    return set;
  };
  const questions = (path: string | undefined, { kind }: AnswerRuleSpec) => {
    if (path === undefined) return undefined;
    const table = tableOf(path);
    const unanswered = { unanswered: true };
    return noted(kind === 'multiple-choice' ? readChoices(table) : setOf(table, unanswered));
  };
  const answers = sets.flatMap((set) =>
    set.kind === 'file' ? [{ ...noted(setOf(tableOf(set.path))), id: set.id }] : [],
  );
  const parts = {
    test: questions(spec.test, spec.answers)!,
    validation: questions(spec.validation, spec.answers),
    retention: questions(spec.retention, retentionRule(spec)),
  };
  const judged = [
    ...answers.map(({ id, rows }) => ({ name: id, rows, rule: spec.answers })),
    ...(['test', 'validation', 'retention'] as const).map((name) => ({
      name,
      rows: parts[name]?.rows.filter(({ response }) => response.trim() !== '') ?? [],
      rule: name === 'retention' ? retentionRule(spec) : spec.answers,
    })),
  ];
  return {
    files: { sets: new Map(answers.map((set) => [set.id, set])), ...parts },
    notices: [...notices, ...agreementNotices(judged)],
  };
}

/** The first set of a table, columns guessed. */
function setOf(table: Table, options: RecordsOptions = {}): ResponseSet {
  const set = firstSet(readGuessed(table, options), table.fileName);
  return { ...set, name: table.fileName.replace(/\.[^.]*$/, '') };
}
