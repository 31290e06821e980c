/** Answers on which comparing without dots went wrong. */
import { expect, it } from 'vitest';
import { judgeAnswer } from '../../src/evaluate/extract-answer.ts';
import { fixtureJson } from '../support/fixtures.ts';

interface Case {
  id: string;
  response: string;
  gold: string;
  right: boolean;
}

it.each(await fixtureJson<Case[]>('cases/answers/cases.json'))(
  '$id: $response with gold $gold',
  ({ response, gold, right }) => {
    expect(judgeAnswer({ kind: 'final-answer' }, response, gold).flexible).toBe(right);
  },
);
