/** Sets made of other sets: reworded, and chosen by familiarity or by chance. */
import type { Conversation } from '../../src/data/response-set.ts';
import { describe, expect, it } from 'vitest';
import type { AnswerSettings, BaseModel } from '../../src/experiment/run/backend.ts';
import { makeSet } from '../../src/experiment/sets/make-sets.ts';
import type { SetResult } from '../../src/experiment/run/results.ts';
import { readExperiment, type SetSpec } from '../../src/experiment/spec/schema.ts';
import type { SetMaking } from '../../src/experiment/sets/set-making.ts';
import { styleExamples } from '../../src/experiment/sets/style-examples.ts';

const questions = ['one', 'two', 'three', 'four'].map((text, i) => ({
  id: `q${i}`,
  text,
  gold: String(i),
}));
const quiet = () => Promise.resolve();

function setOf(id: string, answer: (i: number) => string, right = (_i: number) => true): SetResult {
  const rows = questions.map(({ id: row, text, gold }, i) => ({
    id: row,
    question: text,
    response: answer(i),
    gold,
  }));
  const correct = rows.map((_, i) => right(i));
  return {
    kind: 'set',
    id: `set.${id}`,
    set: { id, name: id, rows },
    made: {},
    correct,
    sha256: '',
    seconds: 0,
  };
}

const sets: Record<string, SetResult> = {
  long: setOf('long', (i) => `a long way to the Final Answer: ${i}`),
  short: setOf(
    'short',
    (i) => `Final Answer: ${i}`,
    (i) => i !== 2,
  ),
};

/** NLL a token is the number of letters; rewriting goes by `rewrite`. */
function making(
  rewrite: (prompt: string) => { text: string; ended?: boolean } = () => ({ text: '' }),
) {
  const prompts: string[] = [];
  const model = {
    answer: (_: AnswerSettings) => (conversations: readonly Conversation[]) => {
      const questions = conversations.map(({ messages }) => messages.at(-1)!.content);
      prompts.push(...questions);
      return Promise.resolve(
        questions.map((prompt) => ({ tokens: 3, ended: true, ...rewrite(prompt) })),
      );
    },
    measure: ({ rows }: SetResult['set']) =>
      Promise.resolve(
        rows.map(({ id, response }) => ({ rowId: id, tokens: 2, nllSum: 2 * response.length })),
      ),
  } as unknown as BaseModel;
  const parts: SetMaking = {
    experiment: {
      models: [{ id: 'm' }],
      task: { kind: 'files', answers: { kind: 'final-answer' } },
      evaluation: { maxNewTokens: 20, batchSize: 3 },
    },
    task: { train: questions, worldQuestions: new Map() },
    files: new Map(),
    base: () => {
      throw new Error('Nobody asked.');
    },
    made: (id) => sets[id]!,
    openModel: () => Promise.resolve(model),
    report: quiet,
  };
  return { parts, prompts };
}

const template = 'Q {question} A {answer} – {question}';

describe('paraphrase', () => {
  const spec: SetSpec = { id: 'p', kind: 'paraphrase', model: 'm', of: 'long', template };

  it('keeps what still says the same, and the original elsewhere', async () => {
    const { parts, prompts } = making((prompt) => {
      if (prompt.includes('one')) return { text: 'my way. Final Answer: 0' };
      if (prompt.includes('two')) return { text: 'my way. Final Answer: 7' };
      if (prompt.includes('three')) return { text: 'no number at all' };
      return { text: 'Final Answer: 3 and so on', ended: false };
    });
    const { set, made } = await makeSet(spec, parts);
    expect(prompts[0]).toBe('Q one A a long way to the Final Answer: 0 – one');
    expect(prompts).toHaveLength(4);
    expect(set.rows.map(({ response }) => response)).toEqual([
      'my way. Final Answer: 0',
      ...[1, 2, 3].map((i) => `a long way to the Final Answer: ${i}`),
    ]);
    expect(made).toEqual({ kind: 'paraphrase', model: 'm', of: 'long', rewritten: 1, kept: 3 });
    expect(set.provenance).toContain('1 answers, and 3 as they were');
  });
});

describe('chosen answers', () => {
  const from = ['long', 'short'];
  const chosen = async (spec: SetSpec) => {
    const { set, made } = await makeSet(spec, making().parts);
    return { made, responses: set.rows.map(({ response }) => response) };
  };

  it('are the most or the least familiar right ones', async () => {
    const most = await chosen({ id: 'x', kind: 'most-familiar', model: 'm', from });
    expect(most.responses).toEqual([
      'Final Answer: 0',
      'Final Answer: 1',
      // The short one is wrong.
      'a long way to the Final Answer: 2',
      'Final Answer: 3',
    ]);
    expect(most.made).toEqual({
      kind: 'most-familiar',
      model: 'm',
      'from long': 1,
      'from short': 3,
    });
    const least = await chosen({ id: 'x', kind: 'least-familiar', model: 'm', from });
    expect(least.responses.every((text) => text.startsWith('a long way'))).toBe(true);
  });

  it('are drawn by chance from the same ones, by the seed', async () => {
    const draw = (seed: number) => chosen({ id: 'x', kind: 'random-choice', from, seed });
    const seeds = await Promise.all([1, 2, 3, 4, 5, 6].map(draw));
    expect(await draw(1)).toEqual(seeds[0]);
    for (const { responses } of seeds) expect(responses[2]).toContain('a long way');
    expect(new Set(seeds.map(({ responses }) => responses.join())).size).toBeGreaterThan(1);
    expect(seeds[0]!.made).toMatchObject({ kind: 'random-choice', seed: 1 });
  });
});

describe('style examples', () => {
  const experiment = (count: number) =>
    readExperiment(
      {
        version: 1,
        name: 'x',
        models: [{ id: 'm' }],
        task: { kind: 'files', answers: { kind: 'final-answer' }, test: 't.jsonl' },
        sets: [{ id: 'long', kind: 'file', path: 'l.jsonl' }],
        seeds: [1],
        familiarity: { styleExamples: count },
      },
      'x',
    );
  /** Right but for the second. */
  const ownAnswers = questions.map((_, i) => ({
    text: `mine: Final Answer: ${i === 1 ? 9 : i}`,
    tokens: 4,
    ended: true,
  }));
  const prefixed = (count: number) =>
    styleExamples(experiment(count), { train: questions }, { own: ownAnswers })?.(sets['long']!.set)
      .rows;

  it('are the model’s right answers to other questions', () => {
    const rows = prefixed(2)!;
    expect(rows[0]!.question).toBe(
      'Question: three\nAnswer: mine: Final Answer: 2\n\nQuestion: four\nAnswer: mine: Final Answer: 3\n\nQuestion: one\nAnswer:',
    );
    for (const { question, id } of rows) {
      expect(question).not.toContain('Final Answer: 9');
      const text = questions.find((one) => one.id === id)!.text;
      expect(question.split(`Question: ${text}\n`)).toHaveLength(2);
      expect(question.endsWith(`Question: ${text}\nAnswer:`)).toBe(true);
    }
    expect(rows.map(({ response }) => response)).toEqual(
      sets['long']!.set.rows.map(({ response }) => response),
    );
  });

  it('are none when none are asked for, or too few answers are right', () => {
    expect(prefixed(0)).toBeUndefined();
    expect(prefixed(3)).toBeUndefined();
  });
});
