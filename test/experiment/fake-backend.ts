/**
 * ExperimentBackend without tensors: a model that answers right with a probability, by which model it is, which
 * set it was trained on, and a hash of question and seed. Everything asked of it is written down.
 */
import type {
  ExperimentBackend,
  BaseModel,
  EvaluatedModel,
  MeasuredFamiliarity,
} from '../../src/experiment/run/backend.ts';
import type { SetMeasurement } from '../../src/experiment/run/measurement.ts';
import type { ScoredAnswer, StageResult, ResultStore } from '../../src/experiment/run/results.ts';
import { familiarityFields } from '../../src/familiarity/config.ts';
import { defaultsOf } from '../../src/fields.ts';
import type { StepReport } from '../../src/metrics/step-report.ts';
import { hashText } from '../../src/world/question.ts';

export interface FakeOptions {
  /** Chance of a right answer; `set` is undefined for the base model. */
  skill: (model: string, set: string | undefined, learningRate: number, step?: number) => number;
  /** Held-out loss at an evaluated step. */
  validationLoss?: (set: string, step: number) => number;
  /** Nats per token that training moved the model. */
  divergence?: (set: string) => number;
  /** Nats per token of a set under a model. */
  nll?: (model: string, set: string) => number;
  /** Question text → right answer. */
  golds: ReadonlyMap<string, string>;
  /** What the n-th training throws. */
  failAt?: { training: number; error: Error } | undefined;
}

export interface AnswerCall {
  model: string;
  set: string | undefined;
  questions: string[];
  temperature: number | undefined;
}

export function fakeBackend(options: FakeOptions) {
  const calls: AnswerCall[] = [];
  const opened: string[] = [];
  const trainings: { model: string; set: string; seed: number; lr: number; steps: number }[] = [];
  let live = 0;
  /** Questions answered, answers measured and compared, batches trained on. */
  const done = { answers: 0, measures: 0, divergences: 0, steps: 0 };

  const evaluated = (
    model: string,
    set: string | undefined,
    seed: number,
    lr: number,
    step?: number,
  ): EvaluatedModel => ({
    answer:
      ({ temperature, seed: draw }) =>
      (conversations) => {
        const questions = conversations.map(({ messages }) => messages.at(-1)!.content);
        calls.push({ model, set, questions, temperature });
        done.answers += questions.length;
        const skill = options.skill(model, set, lr, step);
        const say = (question: string) => {
          const chance = hashText(`${model}/${set ?? ''}/${seed}/${draw}/${question}`) / 2 ** 32;
          const text = chance < skill ? `Answer: ${options.golds.get(question)!}` : 'Answer: 0';
          return { text, tokens: 4, ended: true };
        };
        return Promise.resolve(questions.map(say));
      },
    measureEndings: async (endings, report) => {
      done.measures += endings.length;
      await report(1, 1);
      return endings.map(
        ({ beginning, ending }) => hashText(beginning + ending + (set ?? '')) / 2 ** 32,
      );
    },
    measure: (measured, report) => {
      done.measures += measured.rows.length;
      return report(1, 1).then(() =>
        measured.rows.map(({ id, response }) => {
          const tokens = response.split(' ').length;
          const noise = hashText(`${id}/${response}`) / 2 ** 32 / 10;
          const nllSum = tokens * ((options.nll?.(model, measured.id) ?? 1) + noise);
          const distinctTokens = new Set(response.split(' ')).size;
          const bytes = response.length;
          return {
            rowId: id,
            tokens,
            distinctTokens,
            bytes,
            nllSum,
            clippedNllSum: nllSum,
            likeliest: 1,
          };
        }),
      );
    },
  });

  const backend: ExperimentBackend = {
    hash: (text) => Promise.resolve(hashText(text).toString(16)),
    now: () => 0,
    openModel: ({ id }) => {
      opened.push(id);
      live++;
      const model: BaseModel = {
        ...evaluated(id, undefined, 0, 0),
        facts: { id, filesHash: 'f', parameters: 10, format: 'f32' },
        familiarity: async (set, report) => fakeMeasurement(id, await model.measure(set, report)),
        promptLength: ({ messages }) => messages.at(-1)!.content.length,
        close: () => {
          live--;
        },
        train: async ({ set, training, keeps }, report) => {
          const { seed, learningRate: lr, steps } = training;
          const { failAt } = options;
          if (trainings.length + 1 === failAt?.training) {
            options.failAt = undefined;
            throw failAt.error;
          }
          trainings.push({ model: id, set: set.id, seed, lr, steps });
          done.steps += steps * training.accumulation;
          live++;
          let kept = evaluated(id, set.id, seed, lr);
          const every = training.evaluateEvery;
          for (
            let step = 0;
            step <= steps;
            step = Math.min(step + every, Math.max(steps, step + 1))
          ) {
            const validationLoss = options.validationLoss?.(set.id, step);
            const held = validationLoss === undefined ? {} : { validationLoss };
            const stepReport = { step, tokensSeen: 100 * step, loss: 0.5, ...held } as StepReport;
            await report(stepReport);
            // What was learned by a step shows in its answers: a seed of its own.
            const then = evaluated(
              id,
              set.id,
              step === steps ? seed : seed + step / 1000,
              lr,
              step,
            );
            if (step > 0 && (keeps === undefined || (await keeps(then, stepReport)))) kept = then;
          }
          return {
            ...kept,
            divergence: ({ rows }, progress) => {
              done.divergences += rows.length;
              return progress(1, 1).then(() =>
                rows.map(({ id: rowId, response }) => ({
                  rowId,
                  tokens: response.split(' ').length,
                  klSum: response.split(' ').length * (options.divergence?.(set.id) ?? 0.1),
                })),
              );
            },
            trainedTokens: 100,
            dispose: () => {
              live--;
            },
          };
        },
      };
      return Promise.resolve(model);
    },
  };
  return { backend, calls, opened, trainings, done, live: () => live };
}

/** Every token of an answer as likely as the others. */
function fakeMeasurement(id: string, answers: ScoredAnswer[]): MeasuredFamiliarity {
  const measurement: SetMeasurement = {
    model: {
      ...{ id, filesHash: '0'.repeat(64), weightsHash: '1'.repeat(64), precision: 'as-stored' },
      ...{ format: 'f32', contextLength: 512, chatTemplate: true },
    },
    settings: defaultsOf(familiarityFields),
    notices: [],
    rows: answers.map(({ rowId, tokens, bytes, nllSum, likeliest }) => ({
      ...{ rowId, nllSum, likeliest, promptTokens: 1, responseTokens: tokens },
      ...{ responseBytes: bytes, truncated: false, boundaryMerged: false },
      tokenNll: Array.from({ length: tokens }, () => nllSum / tokens),
    })),
    skipped: [],
  };
  return { answers, measurement, notices: [] };
}

/** Keeps results as text, as a disk does. */
export function memoryResults(): ResultStore & { texts: Map<string, string> } {
  const texts = new Map<string, string>();
  const measured = new Map<string, string>();
  return {
    texts,
    read: (id) => {
      const text = texts.get(id);
      return Promise.resolve(text === undefined ? undefined : (JSON.parse(text) as StageResult));
    },
    write: (result) => Promise.resolve(void texts.set(result.id, JSON.stringify(result))),
    readMeasurement: (id) => {
      const text = measured.get(id);
      return Promise.resolve(text === undefined ? undefined : (JSON.parse(text) as SetMeasurement));
    },
    writeMeasurement: (id, one) => Promise.resolve(void measured.set(id, JSON.stringify(one))),
  };
}
