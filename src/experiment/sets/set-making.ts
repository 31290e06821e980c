/** What every way of making a set needs and gives. */
import { promptPart, type ResponseRow, type ResponseSet } from '../../data/response-set.ts';
import type { BaseModel, ReportProgress } from '../run/backend.ts';
import type { BaseResult, SetResult } from '../run/results.ts';
import type { AnswerRuleSpec, Experiment, SetSpec } from '../spec/schema.ts';
import type { Task } from '../run/task.ts';

export interface SetMaking {
  experiment: Pick<Experiment, 'models'> & {
    task: { kind: 'world'; seed: number } | { kind: 'files'; answers: AnswerRuleSpec };
    evaluation: Pick<Experiment['evaluation'], 'maxNewTokens' | 'batchSize'>;
  };
  task: Pick<Task, 'train' | 'worldQuestions'>;
  /** Sets read from files, by id. */
  files: ReadonlyMap<string, ResponseSet>;
  base: (model: string) => BaseResult;
  /** A set made before. */
  made: (set: string) => SetResult;
  openModel: (id: string) => Promise<BaseModel>;
  report: ReportProgress;
}

export type Made = Pick<SetResult, 'made'> & { rows: ResponseRow[]; provenance: string };

export type SetOf<Kind extends SetSpec['kind']> = Extract<SetSpec, { kind: Kind }>;

/** A row for each training question, in their order. */
export function withAnswers(
  { train }: Pick<Task, 'train'>,
  answerTo: (index: number) => string,
): ResponseRow[] {
  return train.map(({ id, text, gold, options, labels, ...question }, i) => ({
    id,
    question: text,
    ...promptPart(question),
    response: answerTo(i),
    gold,
    ...(options && { options }),
    ...(labels && { labels }),
  }));
}
