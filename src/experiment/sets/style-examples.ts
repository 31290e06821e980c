/** Sets of an experiment as they are measured after examples of a model's own style. */
import { promptPart, type ResponseSet } from '../../data/response-set.ts';
import { inStyle, judgeOwn, neededAnswers } from '../../evaluate/own-style.ts';
import type { BaseResult } from '../run/results.ts';
import { answerRule, type Experiment } from '../spec/schema.ts';
import type { Task } from '../run/task.ts';

/** Undefined when no examples are asked for, or too few greedy answers to the training questions are right. */
export function styleExamples(
  { task: spec, familiarity: { styleExamples: count } }: Experiment,
  { train }: Pick<Task, 'train'>,
  { own: ownAnswers }: Pick<BaseResult, 'own'>,
): ((set: ResponseSet) => ResponseSet) | undefined {
  const answers = train.map(({ id, text, gold, options, labels, ...question }, i) => {
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
  const enough = answers.filter(({ right }) => right).length >= neededAnswers(count);
  return count > 0 && enough ? (set) => inStyle(set, answers, count)! : undefined;
}
