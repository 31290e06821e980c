/**
 * The experiment file: everything that decides an experiment's numbers, in one JSON. Keys that are
 * left out take the defaults written here; unknown keys and impossible values are listed together.
 */
import * as v from 'valibot';
import { PRECISIONS } from '../../../models/precision.ts';
import { LADDER } from '../../engine/config.ts';
import { refuseHugeJson } from '../../data/json-size.ts';
import { capProblems } from '../../data/problems.ts';
import { DataError } from '../../errors.ts';
import { beyond } from '../../limits.ts';
import { loraFields } from '../../lora/config.ts';
import { trainingFields } from '../../train/config.ts';
import { WORLD_SEED } from '../sets/known-questions.ts';
import { PARAPHRASE_TEMPLATE } from '../sets/paraphrase-template.ts';
import { crossProblems } from './schema-checks.ts';
import { about, describeIssue, settingsSchema } from '../../settings-schema.ts';
import { count, distinct, slug } from './schema-parts.ts';

export const EXPERIMENT_VERSION = 1;

const model = v.strictObject({
  id: about(slug, 'Names the model in tables; without `source`, an embedded model of this id.'),
  source: v.optional(
    about(
      v.string(),
      'A folder in Hugging Face layout or a GGUF file, relative to the experiment file, or owner/name[@revision] of a model on the hub.',
    ),
  ),
  dialect: v.optional(
    about(
      v.picklist(['a', 'b']),
      'The dialect of the micro-world it mostly speaks: of its own answers and of its retention texts.',
    ),
  ),
  precision: v.optional(
    about(
      v.picklist(PRECISIONS),
      'How the frozen weights are held, as stored when left out; int8 takes half the memory of 16 bit and rounds.',
    ),
  ),
});

const answers = v.variant('kind', [
  about(
    v.strictObject({ kind: v.literal('world') }),
    'The answer stands after "Answer: " and has to match to the letter.',
  ),
  about(
    v.strictObject({
      kind: v.literal('final-answer'),
      decimal: v.optional(
        about(
          v.picklist(['point', 'comma']),
          'Which sign stands before the decimals where a number leaves it open: with "point" (usual) 1,234 is 1234 and 1.234 a decimal, with "comma" the other way round.',
        ),
      ),
    }),
    'What follows the last "Final Answer:" or "####"; flexibly also the last number. Numbers compare as numbers, other answers as text. The same extraction is applied to the right answers.',
  ),
  about(
    v.strictObject({
      kind: v.literal('pattern'),
      pattern: about(v.string(), 'A regular expression with one group.'),
    }),
    'The first group of the last match of a regular expression.',
  ),
  about(
    v.strictObject({ kind: v.literal('multiple-choice') }),
    'One of the options that each question of a test, validation or retention file has, in a list `options` with the right one in `gold` or in the layout of a usual benchmark. Nothing is generated; the option with the largest log-likelihood is the answer (acc), or the one with the largest per byte of its text (acc_norm).',
  ),
]);

const task = v.variant('kind', [
  about(
    v.strictObject({
      kind: v.literal('world'),
      families: v.optional(
        about(
          v.array(v.string()),
          'Families to learn; the held-out target families when left out.',
        ),
      ),
      retentionFamilies: v.optional(
        about(
          v.array(v.string()),
          'Families measured before and after without training; the retention families when left out.',
        ),
      ),
      trainQuestions: v.optional(about(count(1, 10_000), 'Questions that every set answers.'), 100),
      validationQuestions: v.optional(
        about(
          count(0, 10_000),
          'Never trained on: for held-out loss, and to choose among learning rates.',
        ),
        0,
      ),
      testQuestions: v.optional(
        about(
          count(1, 10_000),
          'Used once by each base model and once by each run, for its result.',
        ),
        300,
      ),
      retentionQuestions: v.optional(
        about(count(0, 10_000), 'Questions of other tasks, asked before and after training.'),
        100,
      ),
      textQuestions: v.optional(
        about(
          count(0, 10_000),
          'Held-out questions like those of pre-training, answered in each dialect: general text whose NLL is measured before and after.',
        ),
        50,
      ),
      seed: v.optional(
        about(count(0, 2 ** 31 - 1), 'Seed of questions and wordings, not of training.'),
        WORLD_SEED,
      ),
    }),
    'Questions made by the micro-world; its splits are disjoint by construction.',
  ),
  about(
    v.strictObject({
      kind: v.literal('files'),
      answers: about(answers, 'How final answers are found.'),
      trainQuestions: v.optional(
        about(count(1, 1_000_000), 'Use only the first so many questions that all sets answer.'),
      ),
      test: about(
        v.string(),
        'A file of questions with their right answers, none of them in a set.',
      ),
      testQuestions: v.optional(
        about(count(1, 1_000_000), 'Use only the first so many test questions.'),
      ),
      validation: v.optional(
        about(
          v.string(),
          'A file of validation questions with their right answers, to choose learning rate and checkpoint.',
        ),
      ),
      validationQuestions: v.optional(
        about(count(1, 1_000_000), 'Use only the first so many validation questions.'),
      ),
      retention: v.optional(
        about(
          v.string(),
          'A file of questions and answers of another task: accuracy and NLL before and after.',
        ),
      ),
      retentionQuestions: v.optional(
        about(count(1, 1_000_000), 'Use only the first so many questions of the other task.'),
      ),
      retentionAnswers: v.optional(
        about(
          answers,
          'How final answers of the other task are found; like those of the task when left out.',
        ),
      ),
      text: v.optional(
        about(
          v.string(),
          'A file of general text whose NLL is measured before and after: JSON lines with a "text" each, or plain text with blank lines between its parts.',
        ),
      ),
      textPieces: v.optional(
        about(count(1, 1_000_000), 'Use only the first so many parts of text.'),
      ),
    }),
    'Questions from files of any format the page reads; sets are files too.',
  ),
]);

const candidates = v.pipe(
  v.array(slug),
  v.minLength(2, 'expected at least two sets'),
  distinct<string>('sets'),
);

const setId = about(slug, 'Names the set in tables and in other keys.');
const writer = about(slug, 'A dialect, a style or a control of the micro-world.');
const setModel = about(slug, 'The id of the model whose answers or perplexities make the set.');
const from = about(candidates, 'The ids of the sets to choose from; they stand before this one.');
const drawSeed = about(count(0, 2 ** 31 - 1), 'Seed of the draw.');

const set = v.variant('kind', [
  about(
    v.strictObject({ id: setId, kind: v.literal('written'), writer }),
    'Written by code: a dialect, a style or a control of the micro-world.',
  ),
  about(
    v.strictObject({ id: setId, kind: v.literal('own'), model: setModel }),
    'The model’s greedy answers, right or wrong.',
  ),
  about(
    v.strictObject({
      id: setId,
      kind: v.literal('own-correct'),
      model: setModel,
      samples: v.optional(about(count(1, 64), 'Answers sampled for each question.'), 8),
      temperature: v.optional(
        about(v.pipe(v.number(), v.minValue(0.01), v.maxValue(5)), 'Temperature of the samples.'),
        0.8,
      ),
      seed: v.optional(drawSeed, 1),
      otherwise: v.optional(
        about(
          slug,
          'The set that answers questions of which no sample is right; else they are left out.',
        ),
      ),
    }),
    'The first right one of several answers sampled from the model.',
  ),
  about(
    v.strictObject({ id: setId, kind: v.literal('minimum-change'), model: setModel }),
    'The model’s greedy answer with only what is wrong put right; micro-world only.',
  ),
  about(
    v.strictObject({
      id: setId,
      kind: v.literal('paraphrase'),
      model: setModel,
      of: about(slug, 'The set that is reworded.'),
      template: v.optional(
        about(
          v.pipe(v.string(), v.includes('{answer}', 'expected {answer} in it')),
          'The prompt; {question} and {answer} stand for the texts.',
        ),
        PARAPHRASE_TEMPLATE,
      ),
    }),
    'Another set’s answers reworded by the model, greedily; an answer whose final answer changes on the way is taken as it was.',
  ),
  about(
    v.strictObject({ id: setId, kind: v.literal('most-familiar'), model: setModel, from }),
    'For each question the right answer that the model finds most familiar among other sets.',
  ),
  about(
    v.strictObject({ id: setId, kind: v.literal('least-familiar'), model: setModel, from }),
    'A control: the least familiar right answer among the same sets.',
  ),
  about(
    v.strictObject({
      id: setId,
      kind: v.literal('random-choice'),
      from,
      seed: v.optional(drawSeed, 1),
    }),
    'A control: any right answer among the same sets.',
  ),
  about(
    v.strictObject({
      id: setId,
      kind: v.literal('file'),
      path: about(v.string(), 'Relative to the experiment file.'),
    }),
    'A file of questions and answers.',
  ),
]);

/** The seed is the run's own. */
const trainingWithoutSeed = withoutSeed(trainingFields);

const arm = v.strictObject({
  model: about(slug, 'The id of a model.'),
  set: about(slug, 'The id of a set.'),
});

const familiarity = v.strictObject({
  styleExamples: v.optional(
    about(
      count(0, 16),
      'Measures every set a second time after so many of the model’s right answers to other questions, as examples of its style (2 are usual); 0 does not.',
    ),
    0,
  ),
});

const evaluation = v.strictObject({
  maxNewTokens: v.optional(
    about(count(1, 4096), 'An answer to a test question is cut after so many tokens.'),
    128,
  ),
  batchSize: v.optional(
    about(
      count(1, 512),
      'Questions answered at once; changes speed, never a number beyond rounding.',
    ),
    64,
  ),
  divergenceQuestions: v.optional(
    about(
      count(0, 10_000),
      'KL(base ‖ tuned) is measured on the base model’s answers to the first so many test questions, and as many of the other tasks.',
    ),
    50,
  ),
});

const crossOver = v.strictObject({
  modelA: about(slug, 'The first model.'),
  setA: about(slug, 'The set that speaks the first model’s language.'),
  modelB: about(slug, 'The second model.'),
  setB: about(slug, 'The set that speaks the second model’s language.'),
});

const roles = v.strictObject({
  human: v.optional(about(slug, 'Answers of people, or in an unfamiliar style.')),
  teacher: v.optional(about(slug, 'Answers of a teacher.')),
  paraphrase: v.optional(about(slug, 'The teacher’s answers, reworded.')),
  detail: v.optional(about(slug, 'The human answers with more detail.')),
  shuffled: v.optional(about(slug, 'Shuffled words, as a control.')),
});

/** Exported for the reference of its keys; `readExperiment` reads files. */
export const experimentSchema = v.strictObject({
  version: about(v.literal(EXPERIMENT_VERSION), 'The version of this format.'),
  name: about(slug, 'Names the experiment and its folder of results.'),
  description: v.optional(about(v.string(), 'What it is for, shown in its report.'), ''),
  models: about(
    v.pipe(v.array(model), v.minLength(1, 'expected at least one model')),
    'The models to train.',
  ),
  task: about(task, 'The questions, and how answers are judged.'),
  sets: about(
    v.pipe(v.array(set), v.minLength(1, 'expected at least one set')),
    'The response sets: different answers to the same questions.',
  ),
  arms: v.optional(
    about(
      v.array(arm),
      'Which model is trained on which set; every model on every set when left out.',
    ),
  ),
  seeds: about(
    v.pipe(
      v.array(count(0, 2 ** 31 - 1)),
      v.minLength(1, 'expected at least one seed'),
      v.check(
        (list) => beyond('seeds', list.length) === undefined,
        ({ input }) => beyond('seeds', (input as unknown[]).length)!,
      ),
      distinct('seeds'),
    ),
    'Seeds of adapter, order and dropout: each arm is trained once with each.',
  ),
  budget: v.optional(
    about(
      v.picklist(['equal-steps', 'equal-tokens']),
      'equal-steps: the same steps in every arm. equal-tokens: steps such that every arm trains on about as many answer tokens as the average set gives in `training.steps`.',
    ),
    'equal-steps',
  ),
  training: v.optional(
    about(settingsSchema(trainingWithoutSeed), 'Settings of training, the same in every run.'),
    {},
  ),
  lora: v.optional(
    about(settingsSchema(loraFields), 'Settings of the adapter, the same in every run.'),
    {},
  ),
  familiarity: v.optional(about(familiarity, 'How familiarity is measured.'), {}),
  learningRates: v.optional(
    about(
      v.pipe(v.array(v.pipe(v.number(), v.gtValue(0), v.maxValue(1))), distinct('learning rates')),
      'Tried in every run; the best accuracy on the validation questions is kept. Overrides `training.learningRate` when not empty.',
    ),
    [],
  ),
  checkpoint: v.optional(
    about(
      v.picklist(['last', 'best-accuracy', 'best-loss']),
      'Which weights of a run are tested: those after the last step, or those of the evaluated step (`training.evaluateEvery`) that did best on the validation questions, by strict accuracy or by the loss of held-out answers. Of equals the earlier is kept.',
    ),
    'last',
  ),
  evaluation: v.optional(about(evaluation, 'How the test is carried out.'), {}),
  crossOver: v.optional(
    about(crossOver, 'The 2×2 that is tested: each model with the set that speaks its language.'),
  ),
  roles: v.optional(
    about(
      roles,
      'Which sets the hypotheses H1 to H4 are about. Those whose sets are not named are not tested; H2 and H3 need three sets, H5 a `crossOver`.',
    ),
    {},
  ),
  engine: v.optional(about(v.picklist(['auto', ...LADDER]), 'What computes.'), 'auto'),
});

/** As written, defaults left out. */
export type ExperimentInput = v.InferInput<typeof experimentSchema>;
/** With every default filled in. */
export type Experiment = v.InferOutput<typeof experimentSchema>;
export type ModelSpec = Experiment['models'][number];
export type SetSpec = Experiment['sets'][number];
export type TaskSpec = Experiment['task'];
export type AnswerRuleSpec = v.InferOutput<typeof answers>;

/** @throws DataError that names the file and lists everything wrong with it */
export function readExperiment(value: unknown, fileName: string): Experiment {
  const parsed = v.safeParse(experimentSchema, value);
  const problems = parsed.success ? crossProblems(parsed.output) : parsed.issues.map(describeIssue);
  if (problems.length > 0)
    throw new DataError(`${fileName} is not a valid experiment.`, capProblems(problems));
  return parsed.output as Experiment;
}

/** @throws DataError for text that is not JSON, and as `readExperiment` */
export function parseExperiment(text: string, fileName: string): Experiment {
  refuseHugeJson(text, fileName);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DataError(`${fileName} is not valid JSON.`, [String(cause)], { cause });
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
  const specified = spec.kind === 'files' ? spec.retentionAnswers : undefined;
  return specified ?? answerRule(spec);
}

function withoutSeed<Table extends { seed: unknown }>(fields: Table): Omit<Table, 'seed'> {
  return Object.fromEntries(
    Object.entries(fields).filter(([name]) => name !== 'seed'),
  ) as unknown as Omit<Table, 'seed'>;
}
