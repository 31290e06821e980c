/** Several questions answered at once by the open model, with an adapter or without. */
import { StoppedError } from '../../errors.ts';
import type { GivenAnswer } from '../../evaluate/accuracy.ts';
import type { AnswerSettings } from '../../experiment/run/backend.ts';
import { defaultsOf } from '../../fields.ts';
import { samplingFields } from '../../generate/config.ts';
import { generate } from '../../generate/generate.ts';
import type { LoraAdapter } from '../../lora/adapter.ts';
import { encodePrompt } from '../../tokenizer/encode-pair.ts';
import { createPromptFormat, type PromptSettings } from '../../tokenizer/prompt-format.ts';
import type { OpenModel } from '../open/open-model.ts';

export interface AnsweringHost {
  prompt: PromptSettings;
  stopRequested(): boolean;
  /** Lets messages in between two tokens. */
  breathe(): Promise<void>;
}

/** @throws StoppedError when asked to stop between two tokens */
export async function answerQuestions(
  { model, tokenizer }: OpenModel,
  host: AnsweringHost,
  adapter: LoraAdapter | undefined,
  { maxNewTokens, temperature, seed }: AnswerSettings,
  questions: readonly string[],
): Promise<GivenAnswer[]> {
  const format = createPromptFormat(tokenizer, host.prompt);
  const { endId } = format;
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
    endIds: [...new Set([...tokenizer.eosIds, ...(endId === undefined ? [] : [endId])])],
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
