/** The code-written response sets: same questions, right answers, and what each control controls. */
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/random.ts';
import { extractAnswer } from '../../src/world/checker.ts';
import { familiesOf } from '../../src/world/families.ts';
import { responseSetWriters, writeResponseSet } from '../../src/world/response-sets.ts';
import { makeQuestions } from '../../src/world/splits.ts';

const questions = makeQuestions(familiesOf('target'), 'train', 100, createRandom(1));
const sets = new Map(
  responseSetWriters.map((writer) => [
    writer.id,
    writeResponseSet(writer, questions, createRandom(2)),
  ]),
);
const meanLength = (id: string): number =>
  sets.get(id)!.reduce((sum, { response }) => sum + response.length, 0) / questions.length;

describe('response sets', () => {
  it('are seven sets over the same questions with right final answers', () => {
    expect(sets.size).toBe(7);
    for (const records of sets.values()) {
      expect(records.map((record) => record.question)).toEqual(questions.map((q) => q.text));
      for (const { response, gold } of records) expect(extractAnswer(response)).toBe(gold);
    }
  });

  it('differ in every answer', () => {
    for (let i = 0; i < questions.length; i++) {
      const responses = [...sets.values()].map((records) => records[i]!.response);
      expect(new Set(responses).size, responses.join('\n')).toBe(sets.size);
    }
  });

  it('do not depend on which other questions are answered', () => {
    for (const writer of responseSetWriters) {
      const alone = writeResponseSet(writer, questions.slice(40, 41), createRandom(2));
      expect(alone[0]).toEqual(sets.get(writer.id)![40]);
    }
  });

  it('make redundant answers longer, terse ones shorter, and keep the words when shuffling', () => {
    expect(meanLength('redundant')).toBeGreaterThan(1.3 * meanLength('a'));
    expect(meanLength('terse')).toBeLessThan(0.7 * meanLength('a'));
    expect(meanLength('detail')).toBeGreaterThan(2 * meanLength('terse'));
    const written = sets
      .get('shuffled')!
      .filter(({ response }) => /^[A-Z]\w+ .* = /.test(response));
    expect(written.length).toBeGreaterThan(0);
    expect(Math.abs(meanLength('shuffled') / meanLength('a') - 1)).toBeLessThan(0.05);
  });
});
