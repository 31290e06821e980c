/** One question answered token by token, as the page shows it while it is written. */
import { generate } from '../src/generate/generate.ts';
import type { Host } from '../src/host.ts';
import { encodePrompt } from '../src/tokenizer/encode-pair.ts';
import { createPromptFormat } from '../src/tokenizer/prompt-format.ts';
import type { GenerateProgress, GenerateRequest, GenerateResult } from './protocol.ts';
import type { Tuned } from './tuned-models.ts';

export async function answerOne(
  { opened: { model, tokenizer }, adapter }: Tuned,
  { conversation, prompt, sampling }: GenerateRequest,
  host: Host,
  report: (progress: GenerateProgress) => Promise<void>,
): Promise<GenerateResult> {
  const format = createPromptFormat(tokenizer, prompt);
  const ends = format.endId === undefined ? tokenizer.eosIds : [...tokenizer.eosIds, format.endId];
  const tokens: number[] = [];
  const began = performance.now();
  const progress = (): GenerateProgress => ({
    text: tokenizer.decode(tokens, { skipSpecialTokens: true }),
    tokens: tokens.length,
    tokensPerSecond: (1000 * tokens.length) / Math.max(1, performance.now() - began),
  });
  const [result] = await generate({
    model,
    adapter,
    prompts: [encodePrompt(tokenizer, format.prompt(conversation))],
    sampling,
    endIds: ends,
    stopRequested: () => host.stopRequested(),
    onTokens: async ([token]) => {
      if (token !== undefined) tokens.push(token);
      await report(progress());
      await host.breathe();
    },
  });
  return { ...progress(), stopped: result!.stopped };
}
