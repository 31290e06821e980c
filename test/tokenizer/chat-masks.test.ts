import { describe, expect, it } from 'vitest';
import type { ChatMessage } from '../../src/data/response-set.ts';
import { DataError } from '../../src/errors.ts';
import {
  encodePair,
  type EncodingMode,
  type PairOptions,
} from '../../src/tokenizer/encode-pair.ts';
import { createPromptFormat, DEFAULT_PLAIN_TEMPLATE } from '../../src/tokenizer/prompt-format.ts';
import { fixtureText, openFixture, templateOf, type Family } from './fixtures.ts';

interface Masked {
  tokenizer: Family;
  name: string;
  chat_template: string;
  cases: {
    name: string;
    messages: ChatMessage[];
    input_ids: number[];
    assistant_masks?: number[];
    completion_mask?: number[];
  }[];
}

const { templates } = JSON.parse(fixtureText('chat_masks.json')) as { templates: Masked[] };
const settings = { useChatTemplate: true, plainTemplate: DEFAULT_PLAIN_TEMPLATE };

function encode(
  family: Family,
  template: string,
  turns: readonly ChatMessage[],
  options: PairOptions,
) {
  const tokenizer = openFixture(family, { 'chat_template.jinja': template });
  const format = createPromptFormat(tokenizer, settings);
  const answered = {
    conversation: { messages: turns.slice(0, -1) },
    response: turns.at(-1)!.content,
  };
  const pair = encodePair(tokenizer, format, answered, options);
  const weights =
    pair.weights === undefined
      ? pair.tokens.map((_, t) => (t < pair.promptLength ? 0 : 1))
      : [...pair.weights];
  return { tokens: pair.tokens, weights, endId: format.endId };
}

const every = (encoding: EncodingMode) => ({ encoding, lossOn: 'all-assistant' }) as const;

/** The mask, after which nothing more may be trained. */
function expectMask(
  { tokens, weights }: { tokens: number[]; weights: number[] },
  ids: readonly number[],
  mask: readonly number[],
  name: string,
): void {
  expect(tokens, name).toEqual(ids.slice(0, tokens.length));
  expect(weights, name).toEqual(mask.slice(0, tokens.length));
  expect(mask.slice(tokens.length), name).not.toContain(1);
}

describe.each(templates)('$tokenizer, $name', ({ tokenizer, chat_template: template, cases }) => {
  it('trains the tokens that TRL does', () => {
    expect(cases.length).toBeGreaterThan(0);
    for (const {
      name,
      messages,
      input_ids: ids,
      assistant_masks: mask,
      completion_mask,
    } of cases) {
      const found = encode(tokenizer, template, messages, every('joint'));
      if (mask) expectMask(found, ids, mask, name);
      // What a prompt leaves out of TRL's loss: the same for a single answer, its end the last.
      else if (messages.filter(({ role }) => role === 'assistant').length === 1) {
        const whole = found.tokens.length;
        expectMask(found, ids.slice(0, whole), completion_mask!.slice(0, whole), name);
        expect(found.tokens.at(-1)).toBe(found.endId);
      }
    }
  });
});

it('finds the same turns with blocks and without', () => {
  const of = (name: string) => templates.find((one) => one.name === name)!;
  const marked = of('llama3 with blocks');
  for (const { name, messages, input_ids: ids, assistant_masks: mask } of marked.cases) {
    const found = encode('llama3', of('llama3').chat_template, messages, every('joint'));
    expectMask(found, ids, mask!, name);
  }
});

it.each(['chatml', 'generation'])('cuts the same text in either encoding: %s', (name) => {
  const { tokenizer, chat_template: template, cases } = templates.find((one) => one.name === name)!;
  for (const { messages } of cases) {
    const separate = encode(tokenizer, template, messages, every('separate'));
    expect(separate).toEqual(encode(tokenizer, template, messages, every('joint')));
    const last = { encoding: 'separate', lossOn: 'last-assistant' } as const;
    const alone = encode(tokenizer, template, messages, last).tokens;
    expect(separate.tokens.slice(0, alone.length)).toEqual(alone);
  }
});

it('leaves out of the loss what a file marks with weight 0', () => {
  const { messages } = templates[1]!.cases.find(({ name }) => name.startsWith('two exchanges'))!;
  const muted = messages.map((turn, i) => (i === 2 ? { ...turn, weight: 0 } : turn));
  for (const name of ['chatml', 'generation']) {
    const all = encode('qwen2', templateOf(name), messages, every('separate'));
    const fewer = encode('qwen2', templateOf(name), muted, every('separate'));
    expect(fewer.tokens.join()).toContain(all.tokens.slice(-8).join());
    expect(fewer.weights.filter(Boolean).length).toBeLessThan(all.weights.filter(Boolean).length);
  }
});

it('refuses a template that writes earlier turns anew, and has no blocks', () => {
  const thought = '<think>\nTens first.\n</think>\n\n42';
  const messages = [
    { role: 'user', content: 'What is 24 + 18?' },
    { role: 'assistant', content: thought },
    { role: 'user', content: 'And 42 - 7?' },
    { role: 'assistant', content: '35' },
  ];
  const run = () => encode('qwen2', templateOf('qwen3-thinking'), messages, every('separate'));
  expect(run).toThrow(DataError);
  expect(run).toThrow(/turn 2 \(assistant\) cannot be told: .* no generation blocks/);
});
