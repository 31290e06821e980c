/** The open model's own answers to some of the questions, judged: examples of its style. */
import { conversationOf, type ResponseRow } from '../../data/response-set.ts';
import { judgeOwn, type OwnAnswer } from '../../evaluate/own-style.ts';
import { usualRule } from '../../experiment/sets/known-questions.ts';
import type { Host } from '../../host.ts';
import { answerQuestions } from './answer-questions.ts';
import type { PromptedModel } from '../open/prompted-model.ts';

export interface OwnAnswersRequest {
  /** Asked in this order; those without a right final answer cannot be judged and are not asked. */
  rows: readonly ResponseRow[];
  /** So many right answers are enough. */
  wanted: number;
}

/** Questions asked at once: with a model that is right now and then, one batch is mostly enough. */
const BATCH_SIZE = 16;
/** As the experiments' `maxNewTokens`, so that the same answers are found. */
const LONGEST_ANSWER = 128;

/**
 * Greedy answers, batch by batch until enough are right. The micro-world's own questions are judged
 * by its rule, others by the last number or what follows "Final Answer:" or "####".
 * @throws StoppedError when asked to stop between two tokens
 */
export async function ownAnswers(
  model: PromptedModel,
  { rows, wanted }: OwnAnswersRequest,
  host: Host,
  report: (right: number, questions: number) => Promise<void>,
): Promise<OwnAnswer[]> {
  const judged = rows.filter(({ gold }) => gold !== undefined);
  const rule = usualRule(judged);
  const settings = { maxNewTokens: LONGEST_ANSWER, temperature: undefined, seed: 0 };
  const found: OwnAnswer[] = [];
  let right = 0;
  for (let first = 0; first < judged.length && right < wanted; first += BATCH_SIZE) {
    const batch = judged.slice(first, first + BATCH_SIZE);
    const questions = batch.map(conversationOf);
    const given = await answerQuestions(model, host, settings, questions);
    const answers = batch.map((row, i) => judgeOwn(rule, row, given[i]!.text));
    found.push(...answers);
    right += answers.filter((one) => one.right).length;
    await report(right, found.length);
  }
  return found;
}
