/**
 * Ids of the real SmolLM2-135M-Instruct, its tokenizer rebuilt from the GGUF file, against those
 * that transformers found.
 */
import { askedAlone } from '../../../src/data/response-set.ts';
import { expect, it } from 'vitest';
import { openGguf } from '../../../src/storage/gguf.ts';
import { nodeFileSource } from '../../../src/storage/node-file.ts';
import { encodePair, encodePrompt } from '../../../src/tokenizer/encode-pair.ts';
import {
  createPromptFormat,
  DEFAULT_PLAIN_TEMPLATE,
} from '../../../src/tokenizer/prompt-format.ts';
import { openTokenizer } from '../../../src/tokenizer/tokenizer.ts';
import { ggufPath, reference } from './reference.ts';

it('gives the ids that transformers found', async () => {
  const { texts } = await openGguf(await nodeFileSource(ggufPath));
  const tokenizer = openTokenizer(texts);
  const settings = { useChatTemplate: true, plainTemplate: DEFAULT_PLAIN_TEMPLATE };
  const format = createPromptFormat(tokenizer, settings);
  expect(format).toMatchObject({ kind: 'chat', eos: '<|im_end|>', notices: [] });

  for (const { question, prompt_ids, ids, text } of reference.greedy) {
    expect(encodePrompt(tokenizer, format.prompt(askedAlone(question)))).toEqual(prompt_ids);
    expect(tokenizer.decode(ids, { skipSpecialTokens: false })).toBe(text);
  }
  const pairOptions = { encoding: 'separate', lossOn: 'last-assistant' } as const;
  const question = reference.greedy[0]!.question;
  for (const { rows } of Object.values(reference.sets)) {
    for (const { response_ids: ids } of rows) {
      if (ids === undefined) continue;
      const text = tokenizer.decode(ids, { skipSpecialTokens: false });
      const pair = encodePair(
        tokenizer,
        format,
        { conversation: askedAlone(question), response: text },
        pairOptions,
      );
      expect(pair.tokens.slice(pair.promptLength)).toEqual(ids);
    }
  }
});
