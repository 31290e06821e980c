/** A set in a model's own wording, as far as the model does not change what is answered. */
import { askedAlone, type ResponseRow } from '../../data/response-set.ts';
import { transcript } from '../../data/transcript.ts';
import { judgeAnswer } from '../../evaluate/extract-answer.ts';
import { choicesOf } from '../../evaluate/is-right.ts';
import { answerRule } from '../spec/schema.ts';
import type { Made, SetMaking, SetOf } from './set-making.ts';

/** Greedy; an answer is kept only when its final answer still agrees with the original's. */
export async function paraphrases(spec: SetOf<'paraphrase'>, making: SetMaking): Promise<Made> {
  const { experiment, made, openModel, report } = making;
  const { maxNewTokens, batchSize } = experiment.evaluation;
  const rule = answerRule(experiment.task);
  const { rows } = made(spec.of).set;
  const model = await openModel(spec.model);
  const answer = model.answer({ maxNewTokens, temperature: undefined, seed: 0 });
  const rewritten = new Map<string, string>();
  for (let first = 0; first < rows.length; first += batchSize) {
    const batch = rows.slice(first, first + batchSize);
    const given = await answer(
      batch.map((row) => askedAlone(filled(spec.template, questionText(row), row.response))),
    );
    batch.forEach(({ id, response, gold = '', ...row }, i) => {
      const choices = choicesOf(row);
      const { text, ended } = given[i]!;
      const original = judgeAnswer(rule, response, gold, choices).flexibleAnswer;
      // Cut off in the middle, or with another final answer or none, it says something else.
      const agrees = original !== undefined && judgeAnswer(rule, text, original, choices).flexible;
      if (ended && agrees) rewritten.set(id, text);
    });
    await report(Math.min(first + batchSize, rows.length), rows.length);
  }
  return {
    rows: rows.map((row) => ({ ...row, response: rewritten.get(row.id) ?? row.response })),
    made: { of: spec.of, rewritten: rewritten.size, kept: rows.length - rewritten.size },
    provenance: `${spec.of} reworded by ${spec.model}: ${rewritten.size} answers, and ${rows.length - rewritten.size} as they were, because the final answer had not stayed the same.`,
  };
}

/** The question, with what was said before it. */
const questionText = (row: ResponseRow): string =>
  row.messages === undefined ? row.question : transcript(row);

const filled = (template: string, question: string, answer: string): string =>
  template.replace(/\{(question|answer)\}/g, (_, name) =>
    name === 'question' ? question : answer,
  );
