import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DataError, ModelFileError } from '../../src/errors.ts';
import type { ChatMessage } from '../../src/data/response-set.ts';
import { openChatTemplate } from '../../src/tokenizer/chat-template.ts';
import { chatTemplateSources } from '../../src/tokenizer/tokenizer-files.ts';
import { fixtureText } from './fixtures.ts';

interface Fixture {
  bos_token: string;
  eos_token: string;
  chat_template?: string;
  named?: { name: string; template: string }[];
  cases: {
    name: string;
    template?: string;
    messages: ChatMessage[];
    add_generation_prompt: boolean;
    arguments: Record<string, unknown>;
    rendered?: string;
    error?: string;
  }[];
}

const names = readdirSync(new URL('../fixtures/chat_templates/', import.meta.url));

/** The fixture's template, as tokenizer_config.json would hold it. */
function open(fixture: Fixture) {
  const config = { chat_template: fixture.named ?? fixture.chat_template };
  const texts = new Map([['tokenizer_config.json', JSON.stringify(config)]]);
  const { bos_token, eos_token } = fixture;
  return openChatTemplate(chatTemplateSources(texts), { bos_token, eos_token });
}

const nothing = { messages: [] };

function conversationOf({
  messages,
  arguments: { tools, ...templateVariables },
}: Fixture['cases'][number]) {
  return { messages, templateVariables, ...(tools !== undefined && { tools: tools as unknown[] }) };
}

describe.each(names)('%s', (file) => {
  const fixture = JSON.parse(fixtureText(`chat_templates/${file}`)) as Fixture;
  const template = open(fixture);

  it('renders and refuses as transformers does', () => {
    expect(fixture.cases.length).toBeGreaterThan(0);
    for (const one of fixture.cases) {
      const render = () =>
        template.render(conversationOf(one), {
          addGenerationPrompt: one.add_generation_prompt,
          ...(one.template === undefined ? {} : { name: one.template }),
        });
      if (one.error === undefined) expect(render(), one.name).toBe(one.rendered);
      else expect(render, one.name).toThrow(DataError);
    }
  });
});

describe('where templates come from', () => {
  const config = (chat_template: unknown) => JSON.stringify({ chat_template });

  it('reads the config, as a text, a list or an object', () => {
    const sources = (value: unknown) =>
      Object.fromEntries(chatTemplateSources(new Map([['tokenizer_config.json', config(value)]])));
    expect(sources('a')).toEqual({ default: 'a' });
    expect(sources([{ name: 'tool', template: 'b' }])).toEqual({ tool: 'b' });
    expect(sources({ default: 'a', tool: 'b' })).toEqual({ default: 'a', tool: 'b' });
    expect(sources(undefined)).toEqual({});
  });

  it('lets a file of its own win, and adds the named files', () => {
    const sources = chatTemplateSources(
      new Map([
        ['tokenizer_config.json', config('old')],
        ['chat_template.jinja', 'new'],
        ['additional_chat_templates/tool.jinja', 'tools'],
      ]),
    );
    expect(Object.fromEntries(sources)).toEqual({ default: 'new', tool: 'tools' });
  });
});

describe('Python methods with an argument', () => {
  it.each([
    ["' \\n a\\n '.strip('\\n')", ' \n a\n '],
    ["'\\n a\\n'.strip('\\n')", ' a'],
    ["'xya b'.lstrip('yx')", 'a b'],
    ["'a <b> '.rstrip(' >')", 'a <b'],
    ["[' a '.strip(), {'k': '-a-'.strip('-')}['k']] | join('|')", 'a|a'],
    ["' a '.strip(none)", 'a'],
    ["('-a-' if true else '').strip('-') ~ '--b'.lstrip('-')", 'ab'],
  ])('%s', (expression, expected) => {
    const template = openChatTemplate(new Map([['default', `{{ ${expression} }}`]]), {});
    expect(template.render(nothing, { addGenerationPrompt: false })).toBe(expected);
  });
});

describe('faults', () => {
  const refusing = openChatTemplate(
    new Map([['default', "{{ raise_exception('Roles must alternate.') }}"]]),
    {},
  );

  it('hands on the words of a template that refuses', () => {
    expect(() => refusing.render(nothing, { addGenerationPrompt: false })).toThrow(
      /Roles must alternate\./,
    );
  });

  it('names a template that cannot be parsed or does not exist', () => {
    expect(() => openChatTemplate(new Map([['tool', '{% if %}']]), {})).toThrow(ModelFileError);
    expect(() => openChatTemplate(new Map([['tool', '{% if %}']]), {})).toThrow(/"tool"/);
    const two = openChatTemplate(new Map(Object.entries({ a: 'x', b: 'y' })), {});
    expect(() => two.render(nothing, { addGenerationPrompt: false })).toThrow(
      /no chat template "default"; there are: a, b/,
    );
    expect(two.render(nothing, { addGenerationPrompt: false, name: 'b' })).toBe('y');
  });
});
