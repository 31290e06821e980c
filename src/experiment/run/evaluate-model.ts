/**
 * What is asked of a base model before training and of each trained run, the very same of both.
 * Called once for each, after everything about it is settled.
 */
import { promptPart, type ResponseSet } from '../../data/response-set.ts';
import { answerPlace } from '../../evaluate/answer-place.ts';
import { evaluateAnswers, type EvaluationQuestion, type Outcome } from '../../evaluate/accuracy.ts';
import { chooseOptions } from '../../evaluate/choose-option.ts';
import type { BaseModel, ReportProgress, EvaluatedModel, TrainedModel } from './backend.ts';
import type { AnswerDivergence, BaseResult, Measured, RunResult } from './results.ts';
import { answerRule, retentionRule, type Experiment } from '../spec/schema.ts';
import type { StageLog } from './stage-log.ts';
import type { Task } from './task.ts';

export interface Evaluation {
  experiment: Experiment;
  task: Task;
  /** The opened model, of which `evaluated` may be the tuned form. */
  model: BaseModel;
  progress: (what: string) => ReportProgress;
  log: StageLog;
}

/** @param evaluated the base model or a trained one */
export async function evaluateModel(
  evaluation: Evaluation,
  evaluated: EvaluatedModel,
): Promise<Measured> {
  const { experiment, task, model, progress } = evaluation;
  const test = await ask(evaluation, evaluated, 'test questions', task.test);
  const others = retentionRule(experiment.task);
  const retention = await ask(evaluation, evaluated, 'other tasks', task.retention, others);
  const answers = {
    id: 'retention',
    name: 'retention',
    rows: task.retentionAnswers(model.facts.id),
  };
  const nllOf = async (set: ResponseSet, what: string) => {
    if (set.rows.length === 0) return [];
    const scored = await evaluated.measure(set, progress(what));
    return scored.map(({ nllSum, tokens }) => nllSum / tokens);
  };
  const textNll: Measured['textNll'] = {};
  for (const { id, name, rows } of task.texts) {
    textNll[name] = await nllOf({ id, name, rows }, 'NLL of general text');
  }
  return {
    test,
    retention,
    retentionNll: await nllOf(answers, 'NLL on other tasks'),
    textNll,
    goldNll: await goldNll(evaluation, evaluated, test),
  };
}

/** Greedy answers, judged; of questions with options the likeliest one. */
export function ask(
  { experiment: { task, evaluation }, model, progress }: Evaluation,
  evaluated: EvaluatedModel,
  what: string,
  questions: readonly EvaluationQuestion[],
  rule = answerRule(task),
): Promise<Outcome[]> {
  if (questions.some(({ options }) => options !== undefined)) {
    return chooseOptions(questions, (rows) =>
      evaluated.measure({ id: what, name: what, rows }, progress(what)),
    );
  }
  const { maxNewTokens, batchSize } = evaluation;
  return evaluateAnswers(questions, {
    rule,
    answer: evaluated.answer({ maxNewTokens, temperature: undefined, seed: 0 }),
    lengthOf: (question) => model.promptLength(question),
    batchSize,
    report: progress(what),
  });
}

/** On the base model's own answers to the first questions of the new task and of the others. */
export async function divergenceFromBase(
  { experiment, task, progress }: Evaluation,
  trained: TrainedModel,
  base: BaseResult,
): Promise<RunResult['divergence']> {
  const n = experiment.evaluation.divergenceQuestions;
  const of = async (part: 'test' | 'retention'): Promise<AnswerDivergence[]> => {
    const rows = task[part].slice(0, n).map(({ id, text, ...question }, i) => ({
      ...{ id, question: text, ...promptPart(question) },
      response: base[part][i]!.response,
    }));
    if (rows.length === 0) return [];
    return trained.divergence({ id: part, name: part, rows }, progress('divergence'));
  };
  return { test: await of('test'), retention: await of('retention') };
}

async function goldNll(
  { experiment, task, progress }: Evaluation,
  evaluated: EvaluatedModel,
  outcomes: readonly Outcome[],
): Promise<(number | null)[]> {
  const rule = answerRule(experiment.task);
  const endings = task.test.flatMap(({ text, gold, ...question }, i) => {
    const place = answerPlace(rule, outcomes[i]!.response, gold);
    return place ? [{ prompt: { question: text, ...promptPart(question) }, ...place }] : [];
  });
  if (endings.length === 0) return [];
  return evaluated.measureEndings(endings, progress('NLL of right answers'));
}
