/** The right answer is put where the model put its own. */
import { describe, expect, it } from 'vitest';
import { answerPlace } from '../../src/evaluate/answer-place.ts';

describe('answer place', () => {
  it('follows the last marker', () => {
    expect(answerPlace({ kind: 'world' }, 'Answer: 3. So 4. Answer: 9', '7')).toEqual({
      beginning: 'Answer: 3. So 4. Answer:',
      ending: ' 7',
    });
    expect(answerPlace({ kind: 'final-answer' }, 'It is 5.\n#### 5', '7')).toEqual({
      beginning: 'It is 5.\n####',
      ending: ' 7',
    });
    expect(answerPlace({ kind: 'final-answer' }, '#### 5', '18.0')?.ending).toBe(' 18');
    expect(
      answerPlace({ kind: 'final-answer' }, '#### 5', '3*6=<<3*6=18>>18\n#### 18')?.ending,
    ).toBe(' 18');
    expect(answerPlace({ kind: 'final-answer' }, 'FINAL ANSWER : 5', '7')?.beginning).toBe(
      'FINAL ANSWER :',
    );
  });

  it('adds the marker that the text lacks', () => {
    expect(answerPlace({ kind: 'world' }, 'Rob has 7 ', '7')?.beginning).toBe('Rob has 7 Answer:');
    expect(answerPlace({ kind: 'final-answer' }, 'It is 5.', '7')?.beginning).toBe(
      'It is 5.\nFinal Answer:',
    );
  });

  it('does not exist for patterns', () => {
    expect(answerPlace({ kind: 'pattern', pattern: 'x' }, 'x', 'x')).toBeUndefined();
  });
});
