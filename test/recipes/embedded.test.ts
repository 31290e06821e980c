/** The embedded files agree with the settings, with each other and with the world. */
import { readFileSync } from 'node:fs';
import { Tokenizer } from '@huggingface/tokenizers';
import { Template } from '@huggingface/jinja';
import { describe, expect, it } from 'vitest';
import { exampleFiles } from '../../src/recipes/example-data.ts';
import { embeddedModels, modelSettings, tokenizerSettings } from '../../src/recipes/settings.ts';
import { worldTokenizer } from '../../src/recipes/tokenizer.ts';

interface Config extends Record<string, unknown> {
  chat_template: string;
}
const read = (file: string): string => readFileSync(`public/${file}`, 'utf8');
const json = (file: string): Config => JSON.parse(read(file)) as Config;

describe.each(embeddedModels.map(({ id }) => id))('%s', (id) => {
  const tokenizerConfig = json(`models/${id}/tokenizer_config.json`);
  const tokenizer = new Tokenizer(json(`models/${id}/tokenizer.json`), tokenizerConfig);

  it('has the shape of the settings', () => {
    expect(json(`models/${id}/config.json`)).toMatchObject({
      ...modelSettings,
      architectures: ['LlamaForCausalLM'],
      vocab_size: tokenizerSettings.vocabularySize,
    });
  });

  it('renders question and response as the corpus does', () => {
    const rendered = new Template(tokenizerConfig.chat_template).render({
      messages: [
        { role: 'user', content: 'How many?' },
        { role: 'assistant', content: 'Answer: 3' },
      ],
      eos_token: tokenizerSettings.endOfText,
    });
    expect(rendered).toBe('How many?\nAnswer: 3<|endoftext|>');
  });

  it('never merges a token across the boundary of question and response', () => {
    for (const { text } of exampleFiles().sets) {
      for (const line of text.trim().split('\n')) {
        const { question, response } = JSON.parse(line) as { question: string; response: string };
        const ids = (part: string) => tokenizer.encode(part, { add_special_tokens: false }).ids;
        expect(ids(`${question}\n${response}`)).toEqual([
          ...ids(`${question}\n`),
          ...ids(response),
        ]);
      }
    }
  });
});

describe('the two models', () => {
  it('share one tokenizer, the one the recipe learns', () => {
    const [a, b] = embeddedModels.map(({ id }) => read(`models/${id}/tokenizer.json`));
    expect(a).toBe(b);
    expect(JSON.parse(a!)).toEqual(worldTokenizer());
  });
});

describe('example data', () => {
  it('is what its script writes', () => {
    const { sets, validation } = exampleFiles();
    for (const { file, text } of [...sets, validation]) expect(read(`data/${file}`)).toBe(text);
  });

  it('holds out every validation question from every set', () => {
    const { sets, validation } = exampleFiles();
    const questions = (text: string): string[] =>
      text
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { question: string }).question);
    const heldOut = new Set(questions(validation.text));
    for (const { text } of sets) {
      expect(questions(text).filter((question) => heldOut.has(question))).toEqual([]);
    }
  });
});
