/** Sets made from the open model's answers, in Node on the CPU engine. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ResponseRow, ResponseSet } from '../../src/data/response-set.ts';
import { knownQuestions } from '../../src/experiment/sets/known-questions.ts';
import type { SetSpec } from '../../src/experiment/spec/schema.ts';
import { checkAnswer } from '../../src/world/checker.ts';
import { dialectA } from '../../src/world/dialect-a.ts';
import type { MakeSetRequest } from '../../workers/protocol.ts';
import { TrainerService } from '../../workers/trainer-service.ts';
import { openEmbedded } from '../support/open-embedded.ts';

const trainer = new TrainerService();
const quiet = () => Promise.resolve();
const answersOf = (id: string): ResponseSet => ({
  id,
  name: id,
  rows: readFileSync(`public/data/${id}.jsonl`, 'utf8')
    .split('\n')
    .slice(0, 6)
    .map((line) => JSON.parse(line) as ResponseRow),
});
const sets = [answersOf('a'), answersOf('b')];
const request = (spec: SetSpec): MakeSetRequest => ({
  spec,
  model: { id: 'open', dialect: 'a' },
  sets,
  answers: { kind: 'final-answer' },
  prompt: { useChatTemplate: true, plainTemplate: '{question}\n' },
  maxNewTokens: 96,
});

beforeAll(() => openEmbedded(trainer, 'idiolect-a'));

describe('the lab’s own questions', () => {
  it('are recognized, also when some are left out, and others are not', () => {
    const [{ rows }] = sets as [ResponseSet];
    expect(knownQuestions(rows.slice(1))?.size).toBe(5);
    expect(knownQuestions([{ ...rows[0]!, question: 'Another?' }])).toBeUndefined();
    expect(knownQuestions([...rows, { id: 'x', question: 'What?', response: '' }])).toBe(undefined);
  });
});

describe('a made set', () => {
  it('of own answers is what the model says when asked, judged by the world’s rule', async () => {
    const { set, correct } = await trainer.makeSet(
      request({ id: 'own', kind: 'own', model: 'open' }),
      quiet,
    );
    expect(set.rows.map(({ id }) => id)).toEqual(sets[0]!.rows.map(({ id }) => id));
    expect(set.provenance).toContain('Greedy answers of open');
    set.rows.forEach(({ response, gold }, i) => {
      expect(correct[i]).toBe(response.endsWith(`Answer: ${gold!}`));
    });
  });

  it('of minimum changes is right throughout', async () => {
    const reports: [number, number][] = [];
    const { set, correct } = await trainer.makeSet(
      request({ id: 'least', kind: 'minimum-change', model: 'open' }),
      (done, total) => Promise.resolve(void reports.push([done, total])),
    );
    const known = knownQuestions(set.rows)!;
    expect(correct).toEqual(set.rows.map(() => true));
    for (const { id, response } of set.rows) {
      expect(checkAnswer(dialectA, known.get(id)!, response).correct).toBe(true);
    }
    expect(reports.at(-1)).toEqual([6, 6]);
  });

  it('of the most familiar right answers takes each from one of the sets', async () => {
    const { set, made } = await trainer.makeSet(
      request({ id: 'best', kind: 'most-familiar', model: 'open', from: ['a', 'b'] }),
      quiet,
    );
    expect(Number(made['from a']) + Number(made['from b'])).toBe(6);
    set.rows.forEach(({ response }, i) => {
      expect(sets.map(({ rows }) => rows[i]!.response)).toContain(response);
    });
  });

  it('fills up with another set where no sample was right', async () => {
    const { set, made } = await trainer.makeSet(
      request({
        id: 'own-or-a',
        kind: 'own-correct',
        model: 'open',
        samples: 1,
        temperature: 0.5,
        seed: 1,
        otherwise: 'a',
      }),
      quiet,
    );
    expect(set.rows.length).toBe(6);
    const taken = set.rows.filter(({ response }, i) => response === sets[0]!.rows[i]!.response);
    expect(taken.length).toBeGreaterThanOrEqual(6 - Number(made['solved']));
  });
});
