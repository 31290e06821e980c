/** Builds a response set from its entry in the experiment file, and remembers how it was made. */
import { noticesOf, type ResponseRow, type ResponseSet } from '../../data/response-set.ts';
import { DataError } from '../../errors.ts';
import { questionConversation } from '../../evaluate/accuracy.ts';
import { judgeAnswer } from '../../evaluate/extract-answer.ts';
import { choicesOf, isRight } from '../../evaluate/is-right.ts';
import { createRandom } from '../../random.ts';
import { dialectById } from '../../world/corpus.ts';
import { minimumChange } from '../../world/minimum-change.ts';
import { responseSetWriters, writeResponseSet } from '../../world/response-sets.ts';
import { atRandom, byFamiliarity } from './choose-answers.ts';
import { paraphrases } from './paraphrase.ts';
import type { SetResult } from '../run/results.ts';
import { answerRule, type SetSpec } from '../spec/schema.ts';
import { withAnswers, type Made, type SetMaking, type SetOf } from './set-making.ts';
import type { Task } from '../run/task.ts';

/** @throws DataError when nothing remains of the set */
export async function makeSet(
  spec: SetSpec,
  making: SetMaking,
): Promise<Omit<SetResult, 'sha256' | 'seconds'>> {
  const { rows, made, provenance } = await rowsOf(spec, making);
  if (rows.length === 0) throw new DataError(`The set "${spec.id}" has no answer at all.`);
  const rule = answerRule(making.experiment.task);
  const notices = spec.kind === 'file' ? noticesOf(making.files.get(spec.id)!) : [];
  return {
    kind: 'set',
    id: `set.${spec.id}`,
    set: {
      ...{ id: spec.id, name: spec.id, provenance, rows },
      ...(notices.length > 0 && { notices }),
    },
    made: { ...made, kind: spec.kind, ...('model' in spec && { model: spec.model }) },
    correct: rows.map((row) => isRight(rule, row, row.response) === true),
  };
}

/** What a run's held-out loss is about: a written set's answers to the validation questions, or the
 * right answers that a validation file has; undefined when there are none. */
export function validationSet(spec: SetSpec, task: Task, seed: number): ResponseSet | undefined {
  const named = { id: `${spec.id}-validation`, name: `${spec.id} (held out)` };
  if (task.validationAnswers.length > 0) return { ...named, rows: task.validationAnswers };
  const questions = task.validation.flatMap(({ id }) => task.worldQuestions.get(id) ?? []);
  if (spec.kind !== 'written' || questions.length === 0) return undefined;
  return { ...named, rows: writeResponseSet(writerOf(spec.writer), questions, responses(seed)) };
}

async function rowsOf(spec: SetSpec, making: SetMaking): Promise<Made> {
  switch (spec.kind) {
    case 'written':
      return written(spec, making);
    case 'file': {
      const set = making.files.get(spec.id)!;
      return { rows: [...set.rows], made: {}, provenance: `Read from ${spec.path}.` };
    }
    case 'own':
      return {
        rows: withAnswers(making.task, (i) => making.base(spec.model).own[i]!.text),
        made: { maxNewTokens: making.experiment.evaluation.maxNewTokens },
        provenance: `Greedy answers of ${spec.model} before training, right or wrong.`,
      };
    case 'own-correct':
      return ownCorrect(spec, making);
    case 'minimum-change':
      return minimumChanges(spec, making);
    case 'paraphrase':
      return paraphrases(spec, making);
    case 'most-familiar':
    case 'least-familiar':
      return byFamiliarity(spec, making);
    case 'random-choice':
      return atRandom(spec, making);
  }
}

/** Sets of the micro-world share a stream, so that a set's wording does not depend on the others. */
const responses = (seed: number) => createRandom(seed).fork('responses');

function writerOf(id: string) {
  return responseSetWriters.find((writer) => writer.id === id)!;
}

function worldOf({ experiment, task }: SetMaking) {
  if (experiment.task.kind !== 'world') throw new DataError('This set needs the micro-world.');
  const questions = task.train.map(({ id }) => task.worldQuestions.get(id)!);
  return { questions, seed: experiment.task.seed };
}

function written(spec: SetOf<'written'>, making: SetMaking): Made {
  const { questions, seed } = worldOf(making);
  const writer = writerOf(spec.writer);
  return {
    rows: writeResponseSet(writer, questions, responses(seed)),
    made: { writer: spec.writer, seed },
    provenance: `Written by code: ${writer.description}`,
  };
}

/** Rejection sampling: a question's first right answer among its samples. */
async function ownCorrect(spec: SetOf<'own-correct'>, making: SetMaking): Promise<Made> {
  const { experiment, task } = making;
  const { samples, temperature, seed, otherwise } = spec;
  const { maxNewTokens, batchSize } = experiment.evaluation;
  const rule = answerRule(experiment.task);
  const model = await making.openModel(spec.model);
  const found = new Map<string, string>();
  const total = samples * task.train.length;
  let drawn = 0;
  for (let k = 0; k < samples; k++) {
    const open = task.train.filter(({ id }) => !found.has(id));
    const draw = createRandom(seed)
      .fork(`sample/${k}`)
      .integer(2 ** 31);
    const answer = model.answer({ maxNewTokens, temperature, seed: draw });
    for (let first = 0; first < open.length; first += batchSize) {
      const batch = open.slice(first, first + batchSize);
      const given = await answer(batch.map(questionConversation));
      batch.forEach((question, i) => {
        const { text } = given[i]!;
        const { strict } = judgeAnswer(rule, text, question.gold, choicesOf(question));
        if (strict) found.set(question.id, text);
      });
      drawn += batch.length;
      await making.report(k * task.train.length + first + batch.length, total);
    }
  }
  const rows: ResponseRow[] = [];
  for (const row of withAnswers(task, () => '')) {
    const answer = found.get(row.id);
    const other =
      otherwise === undefined
        ? undefined
        : making.made(otherwise).set.rows.find(({ id }) => id === row.id)?.response;
    const response = answer ?? other;
    if (response !== undefined) rows.push({ ...row, response });
  }
  const rest = otherwise === undefined ? 'left out' : `taken from ${otherwise}`;
  return {
    rows,
    made: { samples, temperature, seed, drawn, solved: found.size, questions: task.train.length },
    provenance: `The first right one of up to ${samples} answers that ${spec.model} gave at temperature ${temperature}; ${task.train.length - found.size} questions without one are ${rest}.`,
  };
}

function minimumChanges(spec: SetOf<'minimum-change'>, making: SetMaking): Made {
  const { questions, seed } = worldOf(making);
  const model = making.experiment.models.find(({ id }) => id === spec.model)!;
  const dialect = dialectById(model.dialect!);
  const ownAnswers = making.base(spec.model).own;
  const changes = questions.map((question, i) =>
    minimumChange(
      dialect,
      question,
      ownAnswers[i]!.text,
      responses(seed).fork(`${spec.id}/${question.id}`),
    ),
  );
  const many = (how: string) => changes.filter((change) => change.how === how).length;
  const sum = (of: 'kept' | 'sentences') =>
    changes.reduce((total, change) => total + change[of], 0);
  return {
    rows: withAnswers(making.task, (i) => changes[i]!.response),
    made: {
      seed,
      dialect: dialect.id,
      unchanged: many('unchanged'),
      edited: many('edited'),
      rewritten: many('rewritten'),
      sentencesKept: sum('kept'),
      sentences: sum('sentences'),
    },
    provenance: `Greedy answers of ${spec.model} before training with only their wrong steps put right, in dialect ${dialect.id.toUpperCase()}.`,
  };
}
