/** One answer written token by token: for the page's playground, the command and the library. */
import type { Conversation } from '../../data/response-set.ts';
import type { SamplingSettings } from '../../generate/config.ts';
import { generate } from '../../generate/generate.ts';
import type { Host } from '../../host.ts';
import { encodePrompt } from '../../tokenizer/encode-pair.ts';
import { createPromptFormat, endIdsOf } from '../../tokenizer/prompt-format.ts';
import type { PromptedModel } from '../open/prompted-model.ts';

export interface GenerateProgress {
  /** Special tokens left out; a character of which only some bytes are there ends in U+FFFD. */
  text: string;
  tokens: number;
  tokensPerSecond: number;
}

export interface GenerateResult extends GenerateProgress {
  stopped: 'end' | 'length' | 'asked';
}

/**
 * A stopped answer keeps what was written.
 * @throws DataError naming what the prompt has no place for, or when it leaves no room in the
 *   model's context
 */
export async function answerOne(
  { opened: { model, tokenizer }, prompt, adapter }: PromptedModel,
  host: Host,
  conversation: Conversation,
  sampling: SamplingSettings,
  report: (progress: GenerateProgress) => Promise<void>,
): Promise<GenerateResult> {
  const format = createPromptFormat(tokenizer, prompt);
  const tokens: number[] = [];
  const began = host.now();
  const progress = (): GenerateProgress => ({
    text: tokenizer.decode(tokens, { skipSpecialTokens: true }),
    tokens: tokens.length,
    tokensPerSecond: (1000 * tokens.length) / Math.max(1, host.now() - began),
  });
  const [result] = await generate({
    model,
    adapter,
    prompts: [encodePrompt(tokenizer, format.prompt(conversation))],
    sampling,
    endIds: endIdsOf(tokenizer, format),
    stopRequested: () => host.stopRequested(),
    onTokens: async ([token]) => {
      if (token !== undefined) tokens.push(token);
      await report(progress());
      await host.breathe();
    },
  });
  return { ...progress(), stopped: result!.stopped };
}
