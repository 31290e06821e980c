/**
 * The questions of an experiment: to train on, to choose by, to test with, and of other tasks. From
 * the micro-world they are made here; from files they come as sets that were already read.
 */
import {
  promptPart,
  questionKey,
  type ResponseRow,
  type ResponseSet,
} from '../../data/response-set.ts';
import { joinNotices, joinSets } from '../../data/join.ts';
import { DataError } from '../../errors.ts';
import type { Notice } from '../../notices.ts';
import type { EvaluationQuestion } from '../../evaluate/accuracy.ts';
import { createRandom } from '../../random.ts';
import { dialectById, dialects } from '../../world/corpus.ts';
import { writeAnswer } from '../../world/dialect.ts';
import { familiesOf, familyById, type Family } from '../../world/families.ts';
import type { Question } from '../../world/question.ts';
import { makeQuestions } from '../../world/splits.ts';
import type { Experiment, TaskSpec } from '../spec/schema.ts';

export interface Task {
  /** In the order of every set's rows. */
  train: EvaluationQuestion[];
  validation: EvaluationQuestion[];
  test: EvaluationQuestion[];
  retention: EvaluationQuestion[];
  /** The micro-world's plans by question id; empty for files. */
  worldQuestions: ReadonlyMap<string, Question>;
  /** Right answers to the retention questions, whose NLL is measured before and after. */
  retentionAnswers: (model: string) => ResponseRow[];
  /** Right answers to the validation questions from a file; empty in the micro-world. */
  validationAnswers: ResponseRow[];
  /** Held-out general text, by name. */
  texts: ResponseSet[];
}

/** What a report needs of it. */
export type TaskQuestions = Pick<Task, 'train' | 'validation' | 'test' | 'retention'>;

type WorldSpec = Extract<TaskSpec, { kind: 'world' }>;

export function worldTask(experiment: Experiment, spec: WorldSpec): Task {
  const random = createRandom(spec.seed);
  const targets = spec.families?.map(familyById) ?? familiesOf('target');
  const others = spec.retentionFamilies?.map(familyById) ?? familiesOf('retention');
  const make = (
    families: readonly Family[],
    split: Parameters<typeof makeQuestions>[1],
    n: number,
  ) => (n === 0 ? [] : makeQuestions(families, split, n, random.fork(split)));
  const train = make(targets, 'train', spec.trainQuestions);
  const validation = make(targets, 'validation', spec.validationQuestions);
  const test = make(targets, 'test', spec.testQuestions);
  const retention =
    spec.retentionQuestions === 0
      ? []
      : makeQuestions(others, 'test', spec.retentionQuestions, random.fork('retention'));
  const known =
    spec.textQuestions === 0
      ? []
      : makeQuestions(familiesOf('pretraining'), 'test', spec.textQuestions, random.fork('text'));
  const texts = dialects.map((dialect) => ({
    id: `dialect-${dialect.id}`,
    name: `dialect ${dialect.id.toUpperCase()}`,
    rows: known.map((question) => ({
      id: question.id,
      question: question.text,
      response: writeAnswer(dialect, question, random.fork(`text/${dialect.id}/${question.id}`)),
    })),
  }));
  return {
    train: train.map(toEvaluation),
    validation: validation.map(toEvaluation),
    test: test.map(toEvaluation),
    retention: retention.map(toEvaluation),
    worldQuestions: new Map(
      [...train, ...validation, ...retention].map((question) => [question.id, question]),
    ),
    validationAnswers: [],
    texts: known.length > 0 ? texts : [],
    retentionAnswers: (id) => {
      const dialect = experiment.models.find((model) => model.id === id)?.dialect;
      if (dialect === undefined) return [];
      return retention.map((question) => ({
        id: question.id,
        question: question.text,
        response: writeAnswer(
          dialectById(dialect),
          question,
          random.fork(`retention/${question.id}`),
        ),
        gold: question.answer,
      }));
    },
  };
}

const toEvaluation = ({ id, text, answer, family }: Question): EvaluationQuestion => ({
  id,
  text,
  gold: answer,
  family,
});

export interface TaskFiles {
  /** The sets of kind `file`, by set id. */
  sets: ReadonlyMap<string, ResponseSet>;
  test: ResponseSet;
  validation?: ResponseSet | undefined;
  retention?: ResponseSet | undefined;
  /** General text, without questions. */
  text?: ResponseSet | undefined;
}

/**
 * Joins the sets' files by question, with what joining left out as notices, and checks that nothing to be measured was trained on.
 * @throws DataError listing every overlap and every question without a right answer
 */
export function filesTask(
  spec: Extract<TaskSpec, { kind: 'files' }>,
  files: TaskFiles,
): { task: Task; sets: Map<string, ResponseSet>; notices: Notice[] } {
  const ids = [...files.sets.keys()];
  const { sets, report } = joinSets([...files.sets.values()]);
  const joined = sets.map((set) => ({
    ...set,
    rows: set.rows.slice(0, spec.trainQuestions),
  }));
  const train = joined[0]!.rows;
  const trained = new Set(train.map(questionKey));
  const problems: string[] = [];
  const part = (name: string, set: ResponseSet | undefined, n: number | undefined) => {
    const rows = set?.rows.slice(0, n) ?? [];
    const without = rows.filter(({ gold }) => gold === undefined);
    if (without.length > 0) {
      problems.push(
        `${name}: ${without.length} rows have no right answer, the first ${without[0]!.id}.`,
      );
    }
    const seen = rows.filter((row) => trained.has(questionKey(row)));
    if (name !== 'retention' && seen.length > 0) {
      problems.push(`${name}: ${seen.length} questions are trained on, the first ${seen[0]!.id}.`);
    }
    return rows;
  };
  const validation = part('validation', files.validation, spec.validationQuestions);
  const test = part('test', files.test, spec.testQuestions);
  const retention = part('retention', files.retention, spec.retentionQuestions);
  const tested = new Set(test.map(questionKey));
  const both = validation.filter((row) => tested.has(questionKey(row)));
  if (both.length > 0) {
    problems.push(`validation: ${both.length} questions are tested too, the first ${both[0]!.id}.`);
  }
  if (problems.length > 0) throw new DataError('The files of the task do not fit.', problems);
  const task: Task = {
    train: train.map(questionOf),
    validation: validation.map(questionOf),
    test: test.map(questionOf),
    retention: retention.map(questionOf),
    worldQuestions: new Map(),
    retentionAnswers: () => [...retention],
    validationAnswers: [...validation],
    texts: files.text ? [{ ...files.text, rows: files.text.rows.slice(0, spec.textPieces) }] : [],
  };
  return {
    task,
    sets: new Map(ids.map((id, i) => [id, { ...joined[i]!, id }])),
    notices: joinNotices(report),
  };
}

/** Training questions without a right answer count as answered wrong. */
const questionOf = (row: ResponseRow): EvaluationQuestion => {
  const { id, question, gold = '', options, labels } = row;
  return {
    id,
    text: question,
    ...promptPart(row),
    gold,
    ...(options && { options }),
    ...(labels && { labels }),
  };
};
