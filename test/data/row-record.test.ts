import { expect, it } from 'vitest';
import { guessTable, readRecords } from '../../src/data/records.ts';
import type { ResponseRow } from '../../src/data/response-set.ts';
import { rowRecords } from '../../src/data/row-record.ts';
import { parseTable } from '../../src/exchange/read-table.ts';

const turn = (role: string, content: string, more: object = {}) => ({ role, content, ...more });
const call = { type: 'function', function: { name: 'add', arguments: { a: 2 } } };
const plain: ResponseRow = { id: 'a', question: 'Two plus two?', response: '4', gold: '4' };
const chat: ResponseRow = {
  ...{ id: 'b', question: 'And now?', response: '5', gold: '5' },
  messages: [
    turn('system', 'Be brief.'),
    turn('user', 'Hello'),
    turn('assistant', '', { tool_calls: [call] }),
    turn('tool', '[{"4": 1}]', { tool_call_id: 'c' }),
    turn('user', 'And now?'),
  ],
  tools: [{ type: 'function', function: { name: 'add', parameters: {} } }],
  templateVariables: { enable_thinking: false },
};
const calling: ResponseRow = {
  ...{ id: 'c', question: 'Add', response: '' },
  responseTurn: turn('assistant', '', { tool_calls: [call] }),
};

it.each<[string, ResponseRow[]]>([
  ['single questions', [plain]],
  ['conversations', [plain, chat, calling]],
])('%s read back as they were', (_, rows) => {
  const text = rowRecords(rows)
    .map((record) => JSON.stringify(record))
    .join('\n');
  const table = parseTable(text, 'set.jsonl');
  const { sets, notices } = readRecords(table, guessTable(table).mapping);
  expect(notices).toEqual([]);
  expect(sets).toHaveLength(1);
  expect(sets[0]!.rows).toEqual(rows);
});
