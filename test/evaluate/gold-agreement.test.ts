/** Before a run: how many given answers agree with their gold, and which do not. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { guessTable, readRecords } from '../../src/data/records.ts';
import { agreementNotices } from '../../src/evaluate/gold-agreement.ts';
import { parseTable } from '../../src/exchange/read-table.ts';

function noticesOf(path: string, name: string) {
  const url = new URL(`../fixtures/cases/${path}`, import.meta.url);
  const table = parseTable(readFileSync(url, 'utf8'), path);
  const set = readRecords(table, guessTable(table).mapping).sets[0]!;
  return agreementNotices([{ name, rows: set.rows, rule: { kind: 'final-answer' } }]);
}

describe('agreement with gold', () => {
  it('is doubted when no answer agrees, and names them', () => {
    const [notice] = noticesOf('experiment/train-decimal.jsonl', 'human');
    expect(notice).toMatchObject({ kind: 'doubtful' });
    expect(notice!.text).toMatch(/^human: 0 of 8 given answers agree with their gold\. Check/);
    expect(notice!.places).toHaveLength(8);
    expect(notice!.places[0]).toBe('human/q0: 4.8, gold 48');
  });

  it.each([
    ['experiment/train-rationale.jsonl', 8],
    ['experiment/test-gold.jsonl', 8],
    ['experiment/test-rationale.jsonl', 8],
    ['tables/gsm8k-original.jsonl', 1],
    ['tables/gsm8k-with-response.jsonl', 1],
  ])('is whole in %s', (path, n) => {
    expect(noticesOf(path, 'set')).toEqual([
      { kind: 'info', text: `set: ${n} of ${n} given answers agree with their gold.`, places: [] },
    ]);
  });

  it('says how many answers have no gold, and nothing of a set without any', () => {
    const row = (id: string, response: string, gold?: string) => ({
      id,
      question: 'Q?',
      response,
      ...(gold !== undefined && { gold }),
    });
    const of = (...rows: ReturnType<typeof row>[]) =>
      agreementNotices([{ name: 'mine', rows, rule: { kind: 'final-answer' } }]);
    expect(of(row('a', '5', '5'), row('b', '6'))[0]!.text).toBe(
      'mine: 1 of 1 given answers agree with their gold (1 more have no gold).',
    );
    expect(of(row('b', '6'))).toEqual([]);
    expect(of(row('b', 'none', '6'))[0]!.places).toEqual(['mine/b: no answer found, gold 6']);
  });

  it('takes sets that are in order together', () => {
    const rows = (gold: string) => [{ id: 'q', question: 'Q?', response: '5', gold }];
    const rule = { kind: 'final-answer' } as const;
    const named = ['a', 'b', 'c'].map((name) => ({
      name,
      rows: rows(name === 'b' ? '6' : '5'),
      rule,
    }));
    expect(agreementNotices(named)).toEqual([
      {
        kind: 'doubtful',
        text: 'b: 0 of 1 given answers agree with their gold. Check the answers, and how final answers are found.',
        places: ['b/q: 5, gold 6'],
      },
      {
        kind: 'info',
        text: 'Given answers that agree with their gold: a 1 of 1, c 1 of 1.',
        places: [],
      },
    ]);
  });
});
