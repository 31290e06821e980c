import { describe, expect, it } from 'vitest';
import { joinNotices, joinSets, shareQuestions } from '../../src/data/join.ts';
import type { ResponseRow, ResponseSet } from '../../src/data/response-set.ts';
import { conversationOf, excludeRows } from '../../src/data/response-set.ts';
import { DataError } from '../../src/errors.ts';

function set(
  name: string,
  rows: [id: string, question: string, response: string][],
  derivedIds = false,
): ResponseSet {
  return {
    id: name,
    name,
    ...(derivedIds && { derivedIds }),
    rows: rows.map(([id, question, response]) => ({ id, question, response })),
  };
}

const responses = (joined: { sets: ResponseSet[] }) =>
  joined.sets.map((s) => s.rows.map((row) => row.response));

describe('joinSets', () => {
  it('lines sets up by id in the order of the first, and names what is left out', () => {
    const a = set('a', [
      ['1', 'Q1', 'a1'],
      ['2', 'Q2', 'a2'],
      ['3', 'Q3', 'a3'],
      ['5', 'Q5', ' '],
    ]);
    const b = set('b', [
      ['3', 'Q3', 'b3'],
      ['1', 'Q1', 'b1'],
      ['4', 'Q4', 'b4'],
      ['3', 'Q3', 'again'],
      ['5', 'Q5', 'b5'],
    ]);
    const joined = joinSets([a, b]);
    expect(responses(joined)).toEqual([
      ['a1', 'a3'],
      ['b1', 'b3'],
    ]);
    expect(joined.report).toMatchObject({ by: 'id', joined: 2, differingQuestions: [] });
    expect(joined.report.sets[0]).toMatchObject({
      rows: 4,
      unmatched: ['2'],
      emptyResponses: ['5'],
    });
    expect(joined.report.sets[1]).toMatchObject({
      rows: 5,
      unmatched: ['4', '5'],
      duplicates: ['3'],
    });
    expect(joinNotices(joined.report)).toHaveLength(4);
  });

  it('knows beforehand whether sets share a question', () => {
    const a = set('a', [
      ['1', 'Q1', 'a1'],
      ['2', 'Q2', ' '],
    ]);
    expect(shareQuestions([a, set('b', [['1', 'Q1', 'b1']])])).toBe(true);
    expect(shareQuestions([a, set('b', [['2', 'Q2', 'b2']])])).toBe(false);
    expect(shareQuestions([a, set('b', [['1', 'Q1', ' ']])])).toBe(false);
    expect(shareQuestions([a, set('b', [['x', 'Q1', 'b1']], true)])).toBe(true);
  });

  it('joins by text when a set has no ids of its own, and then shares the id of the first', () => {
    const a = set('a', [
      ['x', 'Q1', 'a1'],
      ['y', 'Q2', 'a2'],
    ]);
    const b = set(
      'b',
      [
        ['q-2', 'Q2', 'b2'],
        ['q-1', 'Q1', 'b1'],
      ],
      true,
    );
    const joined = joinSets([a, b]);
    expect(joined.report.by).toBe('question');
    expect(responses(joined)).toEqual([
      ['a1', 'a2'],
      ['b1', 'b2'],
    ]);
    expect(joined.sets[1]!.rows.map((row) => row.id)).toEqual(['x', 'y']);
  });

  it('tells chats apart by all their turns', () => {
    const chat = (before: string): ResponseRow => ({
      id: before,
      question: 'Why?',
      response: `after ${before}`,
      messages: [
        { role: 'user', content: before },
        { role: 'assistant', content: 'ok' },
        { role: 'user', content: 'Why?' },
      ],
    });
    const a: ResponseSet = { id: 'a', name: 'a', rows: [chat('one'), chat('two')] };
    expect(joinSets([a, { ...a, id: 'b' }], { by: 'question' }).report.joined).toBe(2);
    expect(conversationOf(chat('one')).messages).toHaveLength(3);
    expect(conversationOf({ question: 'Q' }).messages).toEqual([{ role: 'user', content: 'Q' }]);
  });

  it('carries the correct answer to every set', () => {
    const a: ResponseSet = {
      id: 'a',
      name: 'a',
      rows: [{ id: '1', question: 'Q', response: 'x', gold: '4' }],
    };
    const b: ResponseSet = {
      id: 'b',
      name: 'b',
      rows: [{ id: '1', question: 'Q', response: 'y' }],
    };
    expect(joinSets([b, a]).sets[0]!.rows[0]!.gold).toBe('4');
  });

  it('reports ids whose question differs, sets that are the same, and long rows', () => {
    const a = set('a', [
      ['1', 'Q1', 'same'],
      ['2', 'Q2', 'a longer answer'],
    ]);
    const b = set('b', [
      ['1', 'Q1', 'same'],
      ['2', 'other', 'a longer answer'],
    ]);
    const { report } = joinSets([a, b], { length: (row) => row.response.length, maxLength: 8 });
    expect(report.differingQuestions).toEqual(['2']);
    expect(report.identicalSets).toEqual([['a', 'b']]);
    expect(report.sets.map((s) => s.overlong)).toEqual([['2'], ['2']]);
    expect(
      joinNotices(report)
        .map(({ text }) => text)
        .join(' '),
    ).toMatch(/share an id.*same answers/);
  });

  it('keeps a real answer that stands beside an empty one', () => {
    const a = set('a', [
      ['1', 'Q1', ''],
      ['1', 'Q1', 'real'],
    ]);
    const { sets, report } = joinSets([a]);
    expect(sets[0]!.rows[0]!.response).toBe('real');
    expect(report.sets[0]!.emptyResponses).toEqual([]);
  });

  it('refuses sets without a common question', () => {
    expect(() => joinSets([set('a', [['1', 'Q', 'x']]), set('b', [['2', 'R', 'y']])])).toThrow(
      DataError,
    );
    expect(() => joinSets([])).toThrow(DataError);
  });
});

describe('excludeRows', () => {
  it('leaves the original alone', () => {
    const a = set('a', [
      ['1', 'Q1', 'x'],
      ['2', 'Q2', 'y'],
    ]);
    expect(excludeRows(a, new Set(['1'])).rows.map((row) => row.id)).toEqual(['2']);
    expect(a.rows).toHaveLength(2);
  });
});
