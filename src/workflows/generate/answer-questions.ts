/** Several questions answered at once by the open model, with an adapter or without. */
import type { Conversation } from '../../data/response-set.ts';
import { StoppedError } from '../../errors.ts';
import type { GivenAnswer } from '../../evaluate/accuracy.ts';
import type { AnswerSettings } from '../../experiment/run/backend.ts';
import { defaultsOf } from '../../fields.ts';
import { samplingFields } from '../../generate/config.ts';
import { generate } from '../../generate/generate.ts';
import type { Host } from '../../host.ts';
import { encodePrompt } from '../../tokenizer/encode-pair.ts';
import { createPromptFormat, endIdsOf } from '../../tokenizer/prompt-format.ts';
import type { PromptedModel } from '../open/prompted-model.ts';

/**
 * @throws StoppedError when asked to stop between two tokens, DataError naming what the prompt has no place for
 */
export async function answerQuestions(
  { opened: { model, tokenizer }, prompt, adapter }: PromptedModel,
  host: Host,
  { maxNewTokens, temperature, seed }: AnswerSettings,
  questions: readonly Conversation[],
): Promise<GivenAnswer[]> {
  const format = createPromptFormat(tokenizer, prompt);
  const given = await generate({
    model,
    adapter,
    prompts: questions.map((question) => encodePrompt(tokenizer, format.prompt(question))),
    sampling: {
      ...defaultsOf(samplingFields),
      greedy: temperature === undefined,
      ...(temperature !== undefined && { temperature }),
      maxNewTokens,
      seed,
    },
    endIds: endIdsOf(tokenizer, format),
    stopRequested: () => host.stopRequested(),
    onTokens: () => host.breathe(),
  });
  if (host.stopRequested()) throw new StoppedError('Stopped while answering.');
  return given.map(({ tokens, stopped }) => ({
    text: tokenizer.decode(tokens, { skipSpecialTokens: true }),
    tokens: tokens.length,
    ended: stopped === 'end',
  }));
}
