import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { continued, lastAnswer, readTurns } from '../../src/data/chat-turns.ts';
import { guessTable, previewRecords, readRecords } from '../../src/data/records.ts';
import type { ResponseRow } from '../../src/data/response-set.ts';
import { columnsOf, type Table } from '../../src/data/table.ts';
import { parseTable } from '../../src/exchange/read-table.ts';

function table(records: Record<string, unknown>[]): Table {
  const rows = records.map((values, i) => ({ line: i + 1, values }));
  return { fileName: 'answers.jsonl', rows, columns: columnsOf(rows), notices: [] };
}

function rowsOf(...records: Record<string, unknown>[]): readonly ResponseRow[] {
  const source = table(records);
  return readRecords(source, guessTable(source).mapping).sets[0]!.rows;
}

function problemsOf(record: Record<string, unknown>): string[] {
  const source = table([record]);
  return previewRecords(source, guessTable(source).mapping).problems;
}

const turn = (role: string, content: string) => ({ role, content });
const system = turn('system', 'Be brief.');
const one = turn('user', 'Add 2 and 2');
const two = turn('assistant', '4');
const three = turn('user', 'And now?');
const answer = turn('assistant', '5');
const call = { type: 'function', function: { name: 'add', arguments: { a: 2, b: 2 } } };
const tool = { type: 'function', function: { name: 'add', parameters: {} } };

describe('the same conversation from every layout', () => {
  const pair = ['Add 2 and 2', '4'];
  const shareGpt = [
    { from: 'human', value: 'Add 2 and 2' },
    { from: 'gpt', value: '4' },
    { from: 'human', value: 'And now?' },
    { from: 'gpt', value: '5' },
  ];
  const layouts: Record<string, Record<string, unknown>> = {
    messages: { messages: [system, one, two, three, answer] },
    'messages beside a system column': { system: 'Be brief.', messages: [one, two, three, answer] },
    'prompt and completion': { prompt: [system, one, two, three], completion: [answer] },
    'a completion that goes on': { prompt: [system, one], completion: [two, three, answer] },
    'a prompt as text': {
      system: 'Be brief.',
      history: [pair],
      prompt: 'And now?',
      completion: '5',
    },
    ShareGPT: { conversations: [{ from: 'system', value: 'Be brief.' }, ...shareGpt] },
    'ShareGPT beside a system column': { system: 'Be brief.', conversations: shareGpt },
    Alpaca: {
      ...{ instruction: 'And now?', input: '', output: '5', system: 'Be brief.' },
      history: [pair],
    },
    'Alpaca with history as text': {
      ...{ instruction: 'And now?', input: '', output: '5', system: 'Be brief.' },
      history: JSON.stringify([pair]),
    },
    'history as turns': { question: 'And now?', response: '5', history: [system, one, two] },
    'chosen repeats the question': {
      ...{ prompt: [system, one, two, three], chosen: [three, answer] },
      rejected: [three, two],
    },
    'chosen holds everything': {
      ...{ prompt: 'And now?', chosen: [system, one, two, three, answer] },
      rejected: [system, one, two, three, two],
    },
  };

  layouts['two answers beside a conversation'] = {
    ...{ system: 'Be brief.', conversations: shareGpt.slice(0, 3) },
    ...{ chosen: { from: 'gpt', value: '5' }, rejected: { from: 'gpt', value: '6' } },
  };

  it.each(Object.entries(layouts))('%s', (_, record) => {
    expect(rowsOf(record)[0]).toMatchObject({
      question: 'And now?',
      response: '5',
      messages: [system, one, two, three],
    });
  });

  it('adds the input of a preference pair below its question', () => {
    const record = { instruction: 'Add', input: '2 and 2', chosen: '4', rejected: '5' };
    expect(rowsOf(record)[0]).toMatchObject({ question: 'Add\n2 and 2', response: '4' });
  });

  it('reads the cases', () => {
    const read = (name: string) => {
      const path = new URL(`../fixtures/cases/chats/${name}`, import.meta.url);
      const source = parseTable(readFileSync(path, 'utf8'), name);
      return readRecords(source, guessTable(source).mapping).sets[0]!.rows[0]!;
    };
    const chat = read('with-history.jsonl');
    expect(chat.messages).toHaveLength(4);
    expect(read('alpaca-history.json').messages).toEqual(chat.messages);
    expect(read('bare.jsonl').messages).toBeUndefined();
  });
});

describe('tools', () => {
  const calling = { role: 'assistant', content: '', tool_calls: [call] };
  const result = { role: 'tool', content: '4', tool_call_id: 'a' };

  it('keeps calls, results and the tools themselves', () => {
    const [row] = rowsOf({
      messages: [one, { role: 'assistant', content: null, tool_calls: [call] }, result, two],
      tools: [tool],
    });
    expect(row).toMatchObject({ messages: [one, calling, result], response: '4', tools: [tool] });
    expect(row).not.toHaveProperty('responseTurn');
  });

  it('keeps a call that is the answer', () => {
    expect(rowsOf({ messages: [one, calling], tools: JSON.stringify([tool]) })[0]).toMatchObject({
      ...{ question: 'Add 2 and 2', response: '', responseTurn: calling, tools: [tool] },
    });
  });

  it("reads ShareGPT's turns for calls and results", () => {
    expect(
      readTurns([
        { from: 'function_call', value: JSON.stringify(call.function) },
        { from: 'observation', value: '4' },
      ]),
    ).toEqual([calling, { role: 'tool', content: '4' }]);
    expect(readTurns([{ from: 'function_call', value: 'add' }])).toMatch(/turn 1 .*"arguments"/);
  });

  it('keeps what else a turn carries, but for empty keys', () => {
    const thought = { role: 'assistant', content: '4', reasoning_content: 'Tens first.' };
    expect(readTurns([{ ...thought, name: null, tool_calls: null }])).toEqual([thought]);
  });

  it('hands on variables of the chat template', () => {
    const variables = { enable_thinking: false };
    expect(rowsOf({ messages: [one, two], chat_template_kwargs: variables })[0]).toMatchObject({
      templateVariables: variables,
    });
  });
});

describe('what does not fit', () => {
  it('is named with its place', () => {
    expect(problemsOf({ messages: [one, { role: 'critic', content: 'x' }] })[0]).toMatch(
      /answers.jsonl, line 1: "messages" turn 2 has role "critic"/,
    );
    expect(problemsOf({ instruction: 'a', output: 'b', history: [['only']] })[0]).toMatch(
      /"history" is not a list of \[question, answer\] pairs/,
    );
    expect(
      problemsOf({ messages: [one, { role: 'assistant', content: [{ type: 'image' }] }] }),
    ).toEqual(['answers.jsonl, line 1: "messages" turn 2 has no text']);
  });

  it('says how many turns after the last answer are left out', () => {
    const source = table([{ messages: [one, two, three] }]);
    const { sets, notices } = readRecords(source, guessTable(source).mapping);
    expect(sets[0]!.rows[0]).toMatchObject({ question: 'Add 2 and 2', response: '4' });
    expect(JSON.stringify(notices)).toMatch(/turns after the last answer/);
  });
});

describe('lastAnswer', () => {
  it('passes over answers that are not to be learned', () => {
    const found = lastAnswer([one, two, three, { ...answer, weight: 0 }]);
    expect(found).toEqual({ prompt: [one], answer: two, after: 2 });
  });
});

describe('continued', () => {
  it('tells a repeated question from one that is asked again', () => {
    expect(continued([one], [two, one])).toEqual([one, two, one]);
    expect(continued([one], [one, two])).toEqual([one, two]);
    expect(continued([one], [system, one])).toEqual([system, one]);
    expect(continued([system, one], [one])).toEqual([system, one]);
    expect(continued([one], [three])).toEqual([one, three]);
  });
});
