/** Sets of an experiment as they are measured after examples of a model's own style. */
import { promptPart, type ResponseSet } from '../../data/response-set.ts';
import { inStyle, judgeOwn, neededAnswers, type OwnAnswer } from '../../evaluate/own-style.ts';
import type { BaseResult } from '../run/results.ts';
import { answerRule, type Experiment } from '../spec/schema.ts';
import type { Task } from '../run/task.ts';

/** Undefined when no examples are asked for, or too few greedy answers to the training questions are right. */
export function styleExamples(
  experiment: Experiment,
  task: Pick<Task, 'train'>,
  base: Pick<BaseResult, 'own'>,
): ((set: ResponseSet) => ResponseSet) | undefined {
  const { styleExamples: count } = experiment.familiarity;
  const answers = judgedAnswers(experiment, task, base);
  const enough = answers.filter(({ right }) => right).length >= neededAnswers(count);
  return count > 0 && enough ? (set) => inStyle(set, answers, count)! : undefined;
}

/** A model's greedy answers to the training questions, right or wrong. */
export function judgedAnswers(
  { task: spec }: Experiment,
  { train }: Pick<Task, 'train'>,
  { own: ownAnswers }: Pick<BaseResult, 'own'>,
): OwnAnswer[] {
  return train.map(({ id, text, gold, options, labels, ...question }, i) => {
    const row = {
      id,
      question: text,
      ...promptPart(question),
      response: '',
      gold,
      ...(options && { options }),
      ...(labels && { labels }),
    };
    return judgeOwn(answerRule(spec), row, ownAnswers[i]!.text);
  });
}
