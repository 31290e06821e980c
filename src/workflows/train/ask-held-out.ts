/** Puts held-out questions to the model: apart from what is said of them, so that a page needs no engine for that. */
import { evaluateAnswers, type EvaluationQuestion } from '../../evaluate/accuracy.ts';
import type { Host } from '../../host.ts';
import { encodePrompt } from '../../tokenizer/encode-pair.ts';
import { createPromptFormat } from '../../tokenizer/prompt-format.ts';
import { answerQuestions } from '../generate/answer-questions.ts';
import type { PromptedModel } from '../open/prompted-model.ts';
import type { HeldOutAnswer } from '../../metrics/held-out-check.ts';
import type { HeldOutQuestions } from './held-out-questions.ts';

export const ASKED_AT_ONCE = 16;

/** Greedy answers, judged. @throws StoppedError when asked to stop between two tokens */
export async function askHeldOut(
  model: PromptedModel,
  host: Host,
  { rule, longestAnswer }: HeldOutQuestions,
  questions: readonly EvaluationQuestion[],
): Promise<HeldOutAnswer[]> {
  const { tokenizer } = model.opened;
  const format = createPromptFormat(tokenizer, model.prompt);
  const settings = { maxNewTokens: longestAnswer, temperature: undefined, seed: 0 };
  const outcomes = await evaluateAnswers(questions, {
    rule,
    answer: (batch) => answerQuestions(model, host, settings, batch),
    lengthOf: (question) => encodePrompt(tokenizer, format.prompt(question)).length,
    batchSize: ASKED_AT_ONCE,
    report: () => Promise.resolve(),
  });
  return questions.map(({ id, text, gold }, i) => {
    const { response, flexible } = outcomes[i]!;
    return { id, question: text, gold, answer: response, right: flexible };
  });
}
