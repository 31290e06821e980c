/** The tokenizer fixtures, opened. */
import { readFileSync } from 'node:fs';
import { openTokenizer, type Tokenizer } from '../../src/tokenizer/tokenizer.ts';

export interface Case {
  text: string;
  ids: number[];
  tokens: string[];
  ids_with_special_tokens: number[];
  decoded: string;
  decoded_with_special_tokens: string;
}

export const FAMILIES = [
  'gpt2',
  'smollm2',
  'llama3',
  'qwen2',
  'gpt_neox',
  'mistral',
  'mistral-metaspace',
] as const;

export type Family = (typeof FAMILIES)[number];

/** Families whose tokens are bytes, so that any text comes back as it was. */
export const BYTE_LEVEL: readonly Family[] = ['gpt2', 'smollm2', 'llama3'];

const folder = new URL('../fixtures/', import.meta.url);

export function fixtureText(path: string): string {
  return readFileSync(new URL(path, folder), 'utf8');
}

/** The files of a family, with texts added or replaced. */
export function textsOf(family: Family, more: Record<string, string> = {}): Map<string, string> {
  return new Map([
    ['tokenizer.json', fixtureText(`tokenizers/${family}/tokenizer.json`)],
    ['tokenizer_config.json', fixtureText(`tokenizers/${family}/tokenizer_config.json`)],
    ...Object.entries(more),
  ]);
}

export function openFixture(family: Family, more: Record<string, string> = {}): Tokenizer {
  return openTokenizer(textsOf(family, more));
}

export function casesOf(family: Family): { vocab_size: number; cases: Case[] } {
  return JSON.parse(fixtureText(`tokenizers/${family}/cases.json`)) as {
    vocab_size: number;
    cases: Case[];
  };
}

/** A chat template of the fixtures. */
export function templateOf(name: string): string {
  return (JSON.parse(fixtureText(`chat_templates/${name}.json`)) as { chat_template: string })
    .chat_template;
}
