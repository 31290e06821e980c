/**
 * Ids of the real SmolLM2-135M-Instruct, its tokenizer rebuilt from the GGUF file, against those
 * that transformers found. Runs when IDIOLECT_SMOLLM2_DIR names the folder of the .gguf file and
 * its reference.json; otherwise it says that it was skipped.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openGguf } from '../../src/storage/gguf.ts';
import { nodeFileSource } from '../../src/storage/node-file.ts';
import { encodePair, encodePrompt } from '../../src/tokenizer/encode-pair.ts';
import { createPromptFormat, DEFAULT_PLAIN_TEMPLATE } from '../../src/tokenizer/prompt-format.ts';
import { openTokenizer } from '../../src/tokenizer/tokenizer.ts';

interface Reference {
  sets: Record<string, { rows: { response_tokens: number; response_ids?: number[] }[] }>;
  greedy: { question: string; prompt_ids: number[]; ids: number[]; text: string }[];
}

const folder = process.env['IDIOLECT_SMOLLM2_DIR'] ?? '';

if (folder === '') {
  it('SmolLM2 ids against transformers: skipped', () => {
    expect(folder).toBe('');
  });
} else {
  it('gives the ids that transformers found', async () => {
    const name = readdirSync(folder).find((entry) => entry.endsWith('.gguf'))!;
    const { texts } = await openGguf(await nodeFileSource(join(folder, name)));
    const tokenizer = openTokenizer(texts);
    const reference = JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8')) as Reference;
    const settings = { useChatTemplate: true, plainTemplate: DEFAULT_PLAIN_TEMPLATE };
    const format = createPromptFormat(tokenizer, settings);
    expect(format).toMatchObject({ kind: 'chat', eos: '<|im_end|>', notices: [] });

    for (const { question, prompt_ids, ids, text } of reference.greedy) {
      expect(encodePrompt(tokenizer, format.prompt(question))).toEqual(prompt_ids);
      expect(tokenizer.decode(ids, { skipSpecialTokens: false })).toBe(text);
    }
    const question = reference.greedy[0]!.question;
    for (const { rows } of Object.values(reference.sets)) {
      for (const { response_ids: ids } of rows) {
        if (ids === undefined) continue;
        const text = tokenizer.decode(ids, { skipSpecialTokens: false });
        const pair = encodePair(tokenizer, format, question, text, 'separate');
        expect(pair.tokens.slice(pair.promptLength)).toEqual(ids);
      }
    }
  });
}
