import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { askedAlone } from '../../src/data/response-set.ts';
import { DataError } from '../../src/errors.ts';
import { encodePair, encodePrompt, type EncodingMode } from '../../src/tokenizer/encode-pair.ts';
import { createPromptFormat, DEFAULT_PLAIN_TEMPLATE } from '../../src/tokenizer/prompt-format.ts';
import type { Tokenizer } from '../../src/tokenizer/tokenizer.ts';
import { openFixture, templateOf } from './fixtures.ts';

const bare = { useChatTemplate: false, plainTemplate: '{question}' };
const byteLevel = ['gpt2', 'smollm2', 'llama3'] as const;

/** Words, spaces and characters of several bytes, as they meet at boundaries. */
const text = fc
  .array(
    fc.constantFrom('the', 'answer', ' ', '  ', '\n', '42', '.', "'s", 'é', '猫', '🙂', 'an'),
    {
      maxLength: 8,
    },
  )
  .map((parts) => parts.join(''));

const encodeWith = (tokenizer: Tokenizer, question: string, response: string, mode: EncodingMode) =>
  encodePair(
    tokenizer,
    createPromptFormat(tokenizer, bare),
    { conversation: askedAlone(question), response },
    { encoding: mode, lossOn: 'last-assistant' },
  );

describe.each(byteLevel)('pairs of %s', (family) => {
  const tokenizer = openFixture(family);
  const ids = (part: string) => tokenizer.encode(part, { addSpecialTokens: false });
  const decode = (tokens: number[]) => tokenizer.decode(tokens, { skipSpecialTokens: true });
  const before = tokenizer.addsBos ? [tokenizer.bosId!] : [];

  it('separate: the two, each cut by itself', () => {
    fc.assert(
      fc.property(text, text, (question, response) => {
        const pair = encodeWith(tokenizer, question, response, 'separate');
        const prompt = pair.tokens.slice(0, pair.promptLength);
        expect(pair.tokens.slice(pair.promptLength)).toEqual(ids(response));
        expect(decode(prompt)).toBe(question);
        expect(pair).toMatchObject({ mode: 'separate', boundaryMerged: false });
      }),
    );
  });

  it('joint: the whole, cut as one text', () => {
    fc.assert(
      fc.property(text, text, (question, response) => {
        const pair = encodeWith(tokenizer, question, response, 'joint');
        expect(decode(pair.tokens)).toBe(question + response);
        if (pair.mode === 'separate') return;
        expect(pair.tokens).toEqual([...before, ...ids(question + response)]);
        expect(pair.tokens.length).toBeGreaterThan(pair.promptLength);
        const head = encodePrompt(tokenizer, { text: question.replace(/ +$/, ''), before });
        expect(pair.tokens.slice(0, pair.promptLength)).toEqual(head.slice(0, pair.promptLength));
        expect(pair.boundaryMerged).toBe(pair.promptLength < head.length);
      }),
    );
  });
});

describe('the boundary', () => {
  const tokenizer = openFixture('smollm2');
  const pieces = (tokens: number[]) => tokens.map((id) => tokenizer.token(id));

  it('moves spaces from the question to the answer', () => {
    const pair = encodeWith(tokenizer, 'The answer is ', 'true.', 'joint');
    const answer = pieces(pair.tokens.slice(pair.promptLength));
    expect(answer.join('')).toBe(' true.');
    expect(pair.boundaryMerged).toBe(false);
  });

  it('marks a token that grows from the question into the answer', () => {
    const joint = encodeWith(tokenizer, 'The ans', 'wer', 'joint');
    expect(joint.boundaryMerged).toBe(true);
    expect(pieces(joint.tokens).join('')).toBe('The answer');
    const separate = encodeWith(tokenizer, 'The ans', 'wer', 'separate');
    expect(pieces(separate.tokens.slice(separate.promptLength)).join('')).toBe('wer');
  });

  it('falls back to separate when nothing of the answer would remain', () => {
    expect(encodeWith(tokenizer, 'The answer', '', 'joint')).toMatchObject({
      mode: 'separate',
      boundaryMerged: false,
    });
  });

  it('puts something before an answer to an empty question', () => {
    expect(encodeWith(tokenizer, '', '42', 'separate')).toMatchObject({ promptLength: 1 });
    expect(encodeWith(tokenizer, '', '42', 'separate').tokens[0]).toBe(tokenizer.bosId);
    const noBos = openFixture('qwen2');
    expect(encodeWith(noBos, '', '42', 'separate').tokens[0]).toBe(noBos.eosIds[0]);
  });
});

describe('createPromptFormat', () => {
  const chat = { useChatTemplate: true, plainTemplate: DEFAULT_PLAIN_TEMPLATE };
  const withTemplate = (family: 'smollm2' | 'llama3' | 'qwen2', template: string) =>
    openFixture(family, { 'chat_template.jinja': template });

  it('writes the question into the plain template as it is', () => {
    const tokenizer = openFixture('llama3');
    const format = createPromptFormat(tokenizer, { ...chat, useChatTemplate: false });
    expect(format.prompt(askedAlone('1 $& 2?')).text).toBe('1 $& 2?\n');
    expect(format).toMatchObject({
      kind: 'plain',
      bos: '<|begin_of_text|>',
      eos: '<|eot_id|>',
      endId: tokenizer.eosIds[0],
    });
    expect(encodePrompt(tokenizer, format.prompt(askedAlone('1')))[0]).toBe(tokenizer.bosId);
  });

  it('adds no BOS where the model has none', () => {
    const format = createPromptFormat(openFixture('smollm2'), bare);
    expect(format.bos).toBeUndefined();
    expect(format.prompt(askedAlone('?')).before).toEqual([]);
  });

  it('needs a place for the question', () => {
    expect(() =>
      createPromptFormat(openFixture('gpt2'), { ...bare, plainTemplate: 'Answer:' }),
    ).toThrow(DataError);
  });

  it('falls back to the plain template without a chat template', () => {
    expect(createPromptFormat(openFixture('gpt2'), chat).kind).toBe('plain');
  });

  it('uses the chat template, whose BOS is not doubled', () => {
    const tokenizer = withTemplate('llama3', templateOf('llama3'));
    const format = createPromptFormat(tokenizer, chat);
    expect(format).toMatchObject({ kind: 'chat', bos: '<|begin_of_text|>', eos: '<|eot_id|>' });
    const ids = encodePrompt(tokenizer, format.prompt(askedAlone('What is 24 + 18?')));
    expect(ids.filter((id) => id === tokenizer.bosId)).toHaveLength(1);
    expect(format.notices).toEqual([]);
  });

  it('notices a doubled BOS', () => {
    const tokenizer = withTemplate('llama3', `{{ bos_token }}${templateOf('llama3')}`);
    expect(createPromptFormat(tokenizer, chat).notices).toEqual([
      { kind: 'doubtful', text: 'The chat template begins with BOS twice.', places: [] },
    ]);
  });

  it('ends answers as the template does, even against the config', () => {
    const tokenizer = openFixture('qwen2', {
      'chat_template.jinja': templateOf('chatml'),
      'tokenizer_config.json': '{"eos_token":"<|endoftext|>"}',
    });
    const format = createPromptFormat(tokenizer, chat);
    expect(format.eos).toBe('<|im_end|>');
    expect(tokenizer.eosIds).not.toContain(format.endId);
    expect(format.notices[0]!.text).toMatch(/ends answers with <\|im_end\|>/);
  });
});
