/** The whole conversation reaches the model: the cases with the values that transformers gives. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { guessTable, readRecords } from '../../src/data/records.ts';
import { conversationOf, type ResponseRow, type ResponseSet } from '../../src/data/response-set.ts';
import { startWasmEngine } from '../../src/engine/wasm/engine.ts';
import { parseTable } from '../../src/exchange/read-table.ts';
import { familiarityFields } from '../../src/familiarity/config.ts';
import { defaultsOf } from '../../src/fields.ts';
import { loraFields } from '../../src/lora/config.ts';
import { registerOps } from '../../src/ops/register.ts';
import { nodeModelFiles } from '../../src/storage/node-file.ts';
import { createPromptFormat, DEFAULT_PLAIN_TEMPLATE } from '../../src/tokenizer/prompt-format.ts';
import { trainingFields } from '../../src/train/config.ts';
import { answerQuestions } from '../../src/workflows/generate/answer-questions.ts';
import { measureSets } from '../../src/workflows/measure/measure-sets.ts';
import { viewRow } from '../../src/workflows/measure/token-view.ts';
import { openModel, type OpenModel } from '../../src/workflows/open/open-model.ts';
import { planRun } from '../../src/workflows/train/training-run.ts';

const chat = { useChatTemplate: true, plainTemplate: DEFAULT_PLAIN_TEMPLATE };
const host = {
  now: () => performance.now(),
  stopRequested: () => false,
  breathe: () => Promise.resolve(),
  memoryBytes: () => 0,
};
let opened: OpenModel;

beforeAll(async () => {
  await startWasmEngine({ threads: 1 });
  registerOps('wasm');
  const folder = fileURLToPath(new URL('../../public/models/idiolect-a', import.meta.url));
  opened = await openModel(await nodeModelFiles(folder), {
    precision: 'as-stored',
    trainable: false,
    maxTensorBytes: 2e9,
    report: () => Promise.resolve(),
  });
});

function readCase(name: string): ResponseSet {
  const text = readFileSync(new URL(`../fixtures/cases/chats/${name}`, import.meta.url), 'utf8');
  const table = parseTable(text, name);
  return readRecords(table, guessTable(table).mapping).sets[0]!;
}

async function measured(set: ResponseSet, more: object = {}, prompt = chat) {
  const familiarity = { ...defaultsOf(familiarityFields), ...more };
  const request = { sets: [set], prompt, familiarity };
  const [found] = await measureSets(opened, request, host, () => Promise.resolve());
  return found!;
}

const withHistory = readCase('with-history.jsonl');
const [row] = withHistory.rows as [ResponseRow];

describe('perplexity of an answer', () => {
  it.each([
    ['with-history.jsonl', 3880.24],
    ['alpaca-history.json', 3880.24],
    ['bare.jsonl', 28470.18],
  ])('%s', async (name, expected) => {
    const { rows } = await measured(readCase(name));
    expect(Math.abs(rows[0]!.perplexity / expected - 1)).toBeLessThan(1e-4);
  });

  it('with the system turn alone', async () => {
    const messages = [row.messages![0]!, row.messages!.at(-1)!];
    const { rows } = await measured({ ...withHistory, rows: [{ ...row, messages }] });
    expect(Math.abs(rows[0]!.perplexity / 8801.83 - 1)).toBeLessThan(1e-4);
  });

  it('of every answer: the sums of each by itself, ends apart', async () => {
    const earlier: ResponseRow = {
      ...{ id: 'earlier', question: row.messages![1]!.content },
      ...{ response: row.messages![2]!.content, messages: row.messages!.slice(0, 2) },
    };
    const apart = await measured({ ...withHistory, rows: [row, earlier] });
    const [all] = (await measured(withHistory, { lossOn: 'all-assistant' })).rows;
    const sum = (of: 'nllSum' | 'responseTokens' | 'responseBytes') =>
      apart.rows.reduce((total, one) => total + one[of], 0);
    expect(all!.responseTokens).toBe(sum('responseTokens'));
    expect(all!.responseBytes).toBe(sum('responseBytes'));
    expect(all!.nllSum).toBeCloseTo(sum('nllSum'), 2);
    expect(all!.eos).toBeCloseTo(apart.rows[0]!.eos!, 3);
    expect(all!.tokenNll).toHaveLength(all!.responseTokens + 1);
  });
});

describe('what else is done with a conversation', () => {
  it('answers after all turns', async () => {
    const settings = { maxNewTokens: 12, temperature: undefined, seed: 0 };
    const answer = async (one: ResponseRow) =>
      (await answerQuestions({ opened, prompt: chat }, host, settings, [conversationOf(one)]))[0]!
        .text;
    expect(await answer(row)).not.toBe(await answer(readCase('bare.jsonl').rows[0]!));
  });

  it('trains the last answer, or every one', () => {
    const plan = (lossOn: 'last-assistant' | 'all-assistant') =>
      planRun(
        opened,
        {
          ...{ set: withHistory, prompt: chat, encoding: 'separate' as const },
          lora: defaultsOf(loraFields),
          training: { ...defaultsOf(trainingFields), lossOn, validationShare: 0 },
        },
        1e12,
      );
    const ids = (text: string) => opened.tokenizer.encode(text, { addSpecialTokens: false });
    const first = ids(row.messages![2]!.content).length;
    const last = ids(row.response).length;
    expect(plan('last-assistant').trainedTokensPerEpoch).toBe(last + 1);
    expect(plan('all-assistant').trainedTokensPerEpoch).toBe(first + 1 + last + 1);
    expect(plan('all-assistant').examples[0]!.tokens).toEqual(
      plan('last-assistant').examples[0]!.tokens,
    );
  });

  it('shows every turn as tokens', () => {
    const format = createPromptFormat(opened.tokenizer, chat);
    const options = { tokenizer: opened.tokenizer, format, encoding: 'separate' as const };
    const view = (lossOn: 'last-assistant' | 'all-assistant') =>
      viewRow(row, { ...options, lossOn, maxLength: 1024 }).tokens;
    const text = (role: string, tokens = view('last-assistant')) =>
      tokens.flatMap((token) => (token.role === role ? [token.text] : [])).join('');
    const [system, one, two, three] = row.messages!.map(({ content }) => content);
    expect(text('prompt')).toBe(`${system}<|endoftext|>${one}\n${two}<|endoftext|>${three}\n`);
    expect(text('trained')).toBe(row.response);
    expect(text('trained', view('all-assistant'))).toBe(`${two}${row.response}`);
    expect(text('end', view('all-assistant'))).toBe('<|endoftext|><|endoftext|>');
  });
});

describe('a plain prompt', () => {
  const plain = { ...chat, useChatTemplate: false };

  it('writes system text and earlier turns by a rule that is named', async () => {
    const { rows, notices } = await measured(withHistory, {}, plain);
    expect(rows).toHaveLength(1);
    expect(notices).toMatchObject([{ kind: 'assumed', places: ['with-history/c1'] }]);
    expect(notices[0]!.text).toMatch(/system text and a blank line first/);
  });

  it('refuses what it has no place for, by name', async () => {
    const tool = { role: 'tool', content: '5' };
    const messages = [...row.messages!, { role: 'assistant', content: 'Let me see.' }, tool];
    const { rows, skipped } = await measured(
      { ...withHistory, rows: [{ ...row, messages }] },
      {},
      plain,
    );
    expect(rows).toEqual([]);
    expect(skipped[0]).toMatchObject({ rowId: 'c1' });
    expect(skipped[0]!.reason).toMatch(/no place for turn 6 \(tool\)/);
  });
});
