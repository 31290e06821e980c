/**
 * The experiment file: everything that decides an experiment's numbers, in one JSON. Keys that are
 * left out take the defaults written here; unknown keys and impossible values are listed together.
 */
import * as v from 'valibot';
import { PRECISIONS } from '../../../models/precision.ts';
import { DataError } from '../../errors.ts';
import { loraFields } from '../../lora/config.ts';
import { trainingFields } from '../../train/config.ts';
import { WORLD_SEED } from '../sets/known-questions.ts';
import { PARAPHRASE_TEMPLATE } from '../sets/paraphrase-template.ts';
import { crossProblems } from './schema-checks.ts';
import { describeIssue, settingsSchema } from '../../settings-schema.ts';
import { count, distinct, slug } from './schema-parts.ts';

export const EXPERIMENT_VERSION = 1;

const model = v.strictObject({
  /** Names the model in tables; without `source`, an embedded model of this id. */
  id: slug,
  /** A folder in Hugging Face layout or a GGUF file, from where the experiment file lies, or
   * owner/name[@revision] of a model on the hub. */
  source: v.optional(v.string()),
  /** The dialect of the micro-world it mostly speaks: of its own answers and of its retention texts. */
  dialect: v.optional(v.picklist(['a', 'b'])),
  /** How the frozen weights are held, as stored when left out; int8 takes half the memory of 16 bit and
   * rounds. */
  precision: v.optional(v.picklist(PRECISIONS)),
});

const answers = v.variant('kind', [
  /** "Answer: " and the answer to the letter. */
  v.strictObject({ kind: v.literal('world') }),
  /** What follows the last "Final Answer:" or "####"; flexibly also the last number. Numbers compare as
   * numbers, other answers as text. The same extraction is applied to the right answers. */
  v.strictObject({
    kind: v.literal('final-answer'),
    /** Which sign stands before the decimals where a number leaves it open: with "point" (usual) 1,234 is
     * 1234 and 1.234 a decimal, with "comma" the other way round. */
    decimal: v.optional(v.picklist(['point', 'comma'])),
  }),
  /** First group of the last match of a regular expression. */
  v.strictObject({ kind: v.literal('pattern'), pattern: v.string() }),
  /** One of the options that each question of a test, validation or retention file has, in a list
   * `options` with the right one in `gold` or in the layout of a usual benchmark. Nothing is
   * generated; the option with the largest log-likelihood is the answer (acc), or the one with the
   * largest per byte of its text (acc_norm). */
  v.strictObject({ kind: v.literal('multiple-choice') }),
]);

const task = v.variant('kind', [
  /** Questions made by the micro-world; its splits are disjoint by construction. */
  v.strictObject({
    kind: v.literal('world'),
    /** Families to learn; the held-out target families when left out. */
    families: v.optional(v.array(v.string())),
    /** Families measured before and after without training; the retention families when left out. */
    retentionFamilies: v.optional(v.array(v.string())),
    trainQuestions: v.optional(count(1, 10_000), 100),
    /** Never trained on: for held-out loss, and to choose among learning rates. */
    validationQuestions: v.optional(count(0, 10_000), 0),
    /** Touched once by each base model and each run, for its result. */
    testQuestions: v.optional(count(1, 10_000), 300),
    retentionQuestions: v.optional(count(0, 10_000), 100),
    /** Held-out questions like those of pre-training, answered in each dialect: general text whose NLL
     * is measured before and after. */
    textQuestions: v.optional(count(0, 10_000), 50),
    /** Of questions and wordings; the training seeds are another matter. */
    seed: v.optional(count(0, 2 ** 31 - 1), WORLD_SEED),
  }),
  /** Questions from files of any format the page reads; sets are files too. */
  v.strictObject({
    kind: v.literal('files'),
    answers,
    /** Use only the first so many questions that all sets answer. */
    trainQuestions: v.optional(count(1, 1_000_000)),
    /** Questions with their right answers, none of them in a set. */
    test: v.string(),
    testQuestions: v.optional(count(1, 1_000_000)),
    validation: v.optional(v.string()),
    validationQuestions: v.optional(count(1, 1_000_000)),
    /** Questions and answers of another task: accuracy and NLL before and after. */
    retention: v.optional(v.string()),
    retentionQuestions: v.optional(count(1, 1_000_000)),
    /** How its final answers are found; like those of the task when left out. */
    retentionAnswers: v.optional(answers),
    /** General text whose NLL is measured before and after: JSON lines with a "text" each, or plain
     * text with blank lines between its parts. */
    text: v.optional(v.string()),
    /** Use only the first so many parts of text. */
    textPieces: v.optional(count(1, 1_000_000)),
  }),
]);

const candidates = v.pipe(
  v.array(slug),
  v.minLength(2, 'expected at least two sets'),
  distinct<string>('sets'),
);

const set = v.variant('kind', [
  /** Written by code: a dialect, a style or a control of the micro-world. */
  v.strictObject({ id: slug, kind: v.literal('written'), writer: slug }),
  /** The model's own greedy answers, right or wrong. */
  v.strictObject({ id: slug, kind: v.literal('own'), model: slug }),
  /** The first right one of several sampled answers; questions without one are left out, or taken
   * from the set `otherwise`. */
  v.strictObject({
    id: slug,
    kind: v.literal('own-correct'),
    model: slug,
    samples: v.optional(count(1, 64), 8),
    temperature: v.optional(v.pipe(v.number(), v.minValue(0.01), v.maxValue(5)), 0.8),
    seed: v.optional(count(0, 2 ** 31 - 1), 1),
    otherwise: v.optional(slug),
  }),
  /** The model's own greedy answer with only what is wrong put right; micro-world only. */
  v.strictObject({ id: slug, kind: v.literal('minimum-change'), model: slug }),
  /** Another set's answers in the model's own wording, greedily; an answer whose final answer changes
   * on the way is taken as it was. */
  v.strictObject({
    id: slug,
    kind: v.literal('paraphrase'),
    model: slug,
    of: slug,
    /** What the model is asked; {question} and {answer} stand for the texts. */
    template: v.optional(
      v.pipe(v.string(), v.includes('{answer}', 'expected {answer} in it')),
      PARAPHRASE_TEMPLATE,
    ),
  }),
  /** For each question the right answer that the model finds most familiar among other sets. */
  v.strictObject({ id: slug, kind: v.literal('most-familiar'), model: slug, from: candidates }),
  /** Its controls from the same candidates: the least familiar right answer, and any right one. */
  v.strictObject({ id: slug, kind: v.literal('least-familiar'), model: slug, from: candidates }),
  v.strictObject({
    id: slug,
    kind: v.literal('random-choice'),
    from: candidates,
    seed: v.optional(count(0, 2 ** 31 - 1), 1),
  }),
  /** A file of questions and answers. */
  v.strictObject({ id: slug, kind: v.literal('file'), path: v.string() }),
]);

/** The seed is the run's own. */
const trainingWithoutSeed = withoutSeed(trainingFields);

const schema = v.strictObject({
  version: v.literal(EXPERIMENT_VERSION),
  name: slug,
  description: v.optional(v.string(), ''),
  models: v.pipe(v.array(model), v.minLength(1, 'expected at least one model')),
  task,
  sets: v.pipe(v.array(set), v.minLength(1, 'expected at least one set')),
  /** Which model is trained on which set; every model on every set when left out. */
  arms: v.optional(v.array(v.strictObject({ model: slug, set: slug }))),
  /** Seeds of adapter, order and dropout: each arm is trained once with each. */
  seeds: v.pipe(
    v.array(count(0, 2 ** 31 - 1)),
    v.minLength(1, 'expected at least one seed'),
    distinct('seeds'),
  ),
  /**
   * equal-steps: the same steps in every arm. equal-tokens: steps such that every arm trains on
   * about as many answer tokens as the average set gives in `training.steps`.
   */
  budget: v.optional(v.picklist(['equal-steps', 'equal-tokens']), 'equal-steps'),
  training: v.optional(settingsSchema(trainingWithoutSeed), {}),
  lora: v.optional(settingsSchema(loraFields), {}),
  familiarity: v.optional(
    v.strictObject({
      /** Measures every set a second time after so many of the model's own right answers to other
       * questions, as examples of its style (2 are usual); 0 does not. */
      styleExamples: v.optional(count(0, 16), 0),
    }),
    {},
  ),
  /** Tried in every run; the best accuracy on the validation questions is kept. Overrides
   * `training.learningRate` when not empty. */
  learningRates: v.optional(
    v.pipe(v.array(v.pipe(v.number(), v.gtValue(0), v.maxValue(1))), distinct('learning rates')),
    [],
  ),
  /**
   * Which weights of a run are tested: those after the last step, or those of the evaluated step
   * (`training.evaluateEvery`) that did best on the validation questions, by strict accuracy or by the
   * loss of held-out answers. Of equals the earlier is kept.
   */
  checkpoint: v.optional(v.picklist(['last', 'best-accuracy', 'best-loss']), 'last'),
  evaluation: v.optional(
    v.strictObject({
      maxNewTokens: v.optional(count(1, 4096), 128),
      /** Questions answered at once; changes speed, never a number beyond rounding. */
      batchSize: v.optional(count(1, 512), 64),
      /** KL(base ‖ tuned) is measured on the base model's answers to the first so many test questions,
       * and as many of the other tasks. */
      divergenceQuestions: v.optional(count(0, 10_000), 50),
    }),
    {},
  ),
  /** The 2×2 that is tested: each model with the set that speaks its language. */
  crossOver: v.optional(v.strictObject({ modelA: slug, setA: slug, modelB: slug, setB: slug })),
  /**
   * Which sets the claims H1 to H4 are about: answers of people or in an unfamiliar style, those of a
   * teacher, the teacher's reworded, the human ones with more detail, and shuffled words as a control.
   * Claims whose sets are not named are not tested; H2 and H3 need three sets, H5 a `crossOver`.
   */
  roles: v.optional(
    v.strictObject({
      human: v.optional(slug),
      teacher: v.optional(slug),
      paraphrase: v.optional(slug),
      detail: v.optional(slug),
      shuffled: v.optional(slug),
    }),
    {},
  ),
  engine: v.optional(v.picklist(['auto', 'webgpu', 'wasm', 'cpu']), 'auto'),
});

/** As written, defaults left out. */
export type ExperimentInput = v.InferInput<typeof schema>;
/** With every default filled in. */
export type Experiment = v.InferOutput<typeof schema>;
export type ModelSpec = Experiment['models'][number];
export type SetSpec = Experiment['sets'][number];
export type TaskSpec = Experiment['task'];
export type AnswerRuleSpec = v.InferOutput<typeof answers>;

/** @throws DataError that names the file and lists everything wrong with it */
export function readExperiment(value: unknown, fileName: string): Experiment {
  const parsed = v.safeParse(schema, value);
  const problems = parsed.success ? crossProblems(parsed.output) : parsed.issues.map(describeIssue);
  if (problems.length > 0) throw new DataError(`${fileName} is no experiment.`, problems);
  return parsed.output as Experiment;
}

/** @throws DataError for text that is no JSON, and as `readExperiment` */
export function parseExperiment(text: string, fileName: string): Experiment {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DataError(`${fileName} is no JSON.`, [String(cause)], { cause });
  }
  return readExperiment(value, fileName);
}

/** How final answers are found in this task. */
export function answerRule(
  spec: { kind: 'world' } | { kind: 'files'; answers: AnswerRuleSpec },
): AnswerRuleSpec {
  return spec.kind === 'world' ? { kind: 'world' } : spec.answers;
}

/** The same for the other task. */
export function retentionRule(spec: TaskSpec): AnswerRuleSpec {
  const own = spec.kind === 'files' ? spec.retentionAnswers : undefined;
  return own ?? answerRule(spec);
}

function withoutSeed<Table extends { seed: unknown }>(fields: Table): Omit<Table, 'seed'> {
  return Object.fromEntries(
    Object.entries(fields).filter(([name]) => name !== 'seed'),
  ) as unknown as Omit<Table, 'seed'>;
}
