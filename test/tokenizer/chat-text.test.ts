import { describe, expect, it } from 'vitest';
import type { ChatMessage, Conversation } from '../../src/data/response-set.ts';
import { openChatTemplate } from '../../src/tokenizer/chat-template.ts';
import { writeAnswer, writePrompt } from '../../src/tokenizer/chat-text.ts';
import { writePlainChat } from '../../src/tokenizer/plain-chat.ts';
import { templateOf } from './fixtures.ts';

const tokens = { bos_token: '<s>', eos_token: '</s>' };
const open = (source: string) => openChatTemplate(new Map([['default', source]]), tokens);
const turn = (role: string, content: string, further: object = {}): ChatMessage => ({
  ...{ role, content },
  ...further,
});
const question = turn('user', 'What is 24 + 18?');
const system = turn('system', 'Be brief.');
const call = { type: 'function', function: { name: 'add', arguments: { first: 24, second: 18 } } };
const tool = { type: 'function', function: { name: 'add', parameters: {} } };
const calling = turn('assistant', '', { tool_calls: [call] });
const result = turn('tool', '42');
const write = (name: string, conversation: Conversation) =>
  writePrompt(open(templateOf(name)), conversation).text;

describe('what a template does not take is refused by name', () => {
  it.each<[string, string, Conversation, RegExp]>([
    [
      'a system turn',
      'no-system',
      { messages: [system, question] },
      /There is no system role here/,
    ],
    ['tools', 'chatml', { messages: [question], tools: [tool] }, /leaves out the tools/],
    [
      'a call',
      'chatml',
      { messages: [question, calling, turn('user', 'And now?')] },
      /leaves out the tool call of turn 2 \(assistant\)/,
    ],
    ['a result', 'zephyr', { messages: [question, calling, result] }, /turn 3 \(tool\)/],
  ])('%s', (_, name, conversation, words) => {
    expect(() => write(name, conversation)).toThrow(words);
  });

  it('a system turn that is passed over without a word, however short', () => {
    const silent = open(
      "{% for m in messages %}{% if m.role != 'system' %}{{ m.role ~ ': ' ~ m.content ~ '\\n' }}{% endif %}{% endfor %}",
    );
    for (const content of ['Be brief, and answer in one sentence about pears.', 'u']) {
      expect(() => writePrompt(silent, { messages: [turn('system', content), question] })).toThrow(
        /leaves out turn 1 \(system\)/,
      );
    }
  });
});

describe('what a template takes', () => {
  it('holds tools, calls and results', () => {
    const text = write('tools-chatml', {
      messages: [system, question, calling, result],
      tools: [tool],
    });
    expect(text).toContain('<tool>{"type": "function"');
    expect(text).toContain(
      '<call>{"name": "add", "arguments": {"first": 24, "second": 18}}</call>',
    );
    expect(text).toContain('<result>42</result>');
  });

  it('is the template for tools, where a model has one', () => {
    const both = openChatTemplate(
      new Map([
        ['default', '{% for m in messages %}{{ m.content }}{% endfor %}'],
        ['tool_use', '{{ tools | length }}{% for m in messages %}{{ m.content }}{% endfor %}'],
      ]),
      tokens,
    );
    expect(writePrompt(both, { messages: [question] }).text).toBe('What is 24 + 18?');
    expect(writePrompt(both, { messages: [question], tools: [tool] }).text).toBe(
      '1What is 24 + 18?',
    );
  });

  it('may write a turn in its own way, or leave thoughts of earlier answers out', () => {
    const quoting = open('{% for m in messages %}{{ m.content | tojson }}{% endfor %}');
    const spoken = turn('system', 'Say "yes" and\nnothing else.');
    expect(writePrompt(quoting, { messages: [spoken, question] }).shortened).toBe(0);
    const thought = turn('assistant', '<think>\nTens first.\n</think>\n\n42');
    const later = { messages: [question, thought, turn('user', 'And 42 - 7?')] };
    expect(writePrompt(open(templateOf('qwen3-thinking')), later).shortened).toBe(1);
  });

  it('writes an answer that calls a tool', () => {
    const template = open(templateOf('tools-chatml'));
    expect(
      writeAnswer(template, { messages: [question], tools: [tool] }, calling, '<|im_end|>'),
    ).toBe('\n<call>{"name": "add", "arguments": {"first": 24, "second": 18}}</call>');
  });
});

describe('the plain prompt', () => {
  const template = 'Question: {question}\nAnswer:';
  const messages = [system, question, turn('assistant', ' 42'), turn('user', 'And 42 - 7?')];

  it('puts the system text first and ends every earlier answer', () => {
    expect(writePlainChat(template, '</s>', { messages }).text).toBe(
      'Be brief.\n\nQuestion: What is 24 + 18?\nAnswer: 42</s>Question: And 42 - 7?\nAnswer:',
    );
    expect(writePlainChat(template, undefined, { messages }).text).toContain(
      'Answer: 42\n\nQuestion',
    );
  });

  it('knows where every answer stands', () => {
    const { text, spans } = writePlainChat(
      template,
      '</s>',
      { messages },
      turn('assistant', ' 35'),
    );
    expect(spans.map(({ start, end }) => text.slice(start, end))).toEqual([' 42</s>', ' 35</s>']);
  });

  it.each<[string, Conversation, RegExp]>([
    ['tools', { messages: [question], tools: [tool] }, /no place for tools/],
    ['two questions in a row', { messages: [question, question] }, /turn 2 \(user\) after user/],
    [
      'an answer first',
      { messages: [turn('assistant', 'Hi.'), question] },
      /turn 1 .* at the start/,
    ],
    ['a result', { messages: [question, calling, result] }, /the tool call of turn 2/],
    ['an answer to an answer', { messages: messages.slice(0, 3) }, /an answer to turn 3/],
  ])('refuses %s', (_, conversation, words) => {
    expect(() => writePlainChat(template, '</s>', conversation)).toThrow(words);
  });
});
