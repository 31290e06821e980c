/** Inputs of the experiment form, beside those of training and LoRA; the schema has the last word. */
import { NUMBER_RULE, type DecimalSign } from '../evaluate/read-number.ts';
import type { ChoiceField, Fields, NumberField } from '../fields.ts';

const questions = (label: string, help: string, usual: number, min = 0): NumberField => ({
  kind: 'number',
  label,
  help,
  default: usual,
  min,
  max: 10_000,
  integer: true,
});

export const worldFields = {
  trainQuestions: questions('Questions to learn from', 'Answered by every set.', 100, 1),
  testQuestions: questions(
    'Test questions',
    'Asked once of each base model and once of each trained one, never trained on. More make the intervals narrower.',
    300,
    1,
  ),
  retentionQuestions: questions(
    'Questions of other tasks',
    'Retention: tasks the models could do before. Asked before and after, to see what is forgotten.',
    100,
  ),
  validationQuestions: questions(
    'Validation questions',
    'For the held-out loss and for choosing among learning rates; neither trained on nor tested.',
    0,
  ),
  seed: questions('Seed of the questions', 'Another seed makes other questions and wordings.', 41),
} as const satisfies Fields;

export const evaluationFields = {
  maxNewTokens: {
    kind: 'number',
    label: 'Longest answer',
    help: 'max_new_tokens: an answer to a test question is cut after so many tokens.',
    default: 128,
    min: 1,
    max: 4096,
    integer: true,
    unit: 'tokens',
  },
  batchSize: {
    kind: 'number',
    label: 'Answered at once',
    help: 'Changes speed, never a number beyond rounding.',
    default: 64,
    min: 1,
    max: 512,
    integer: true,
  },
} as const satisfies Fields;

export const seedsField: NumberField = {
  kind: 'number',
  label: 'Seeds',
  help: 'Each model is trained on each set this many times, with seeds 1, 2, 3 and so on. Two show that a difference is there at all; five are the least for a p below 0.05 over seeds.',
  default: 2,
  min: 1,
  max: 50,
  integer: true,
};

export const budgetField: ChoiceField<'equal-steps' | 'equal-tokens'> = {
  kind: 'choice',
  label: 'What is equal',
  help: 'Longer answers give more tokens to learn from in the same steps. Equal tokens takes fewer steps for longer answers.',
  default: 'equal-steps',
  choices: { 'equal-steps': 'training steps', 'equal-tokens': 'trained tokens' },
};

export const engineField: ChoiceField<'auto' | 'webgpu' | 'wasm' | 'cpu'> = {
  kind: 'choice',
  label: 'Engine',
  help: 'The same engine and seeds give the same numbers. Results of different engines are never mixed.',
  default: 'auto',
  choices: {
    auto: 'the one that runs',
    webgpu: 'graphics processor (WebGPU)',
    wasm: 'processor (WebAssembly)',
    cpu: 'plain JavaScript',
  },
};

export const taskField: ChoiceField<'world' | 'files'> = {
  kind: 'choice',
  label: 'Questions',
  help: 'From the micro-world, whose questions are made by code and whose answers are checked exactly; or your own, from the sets under Answers that are shown.',
  default: 'world',
  choices: { world: 'made by the micro-world', files: 'my own answers' },
};

/** How one's own answers are divided. */
export const ownFields = {
  test: {
    kind: 'number',
    label: 'Share for the test',
    help: 'Share of the questions that are never trained on and tested before and after.',
    default: 0.3,
    min: 0.01,
    max: 0.9,
  },
  validation: {
    kind: 'number',
    label: 'Share for validation',
    help: 'For choosing among learning rates; 0 without a choice.',
    default: 0,
    min: 0,
    max: 0.5,
  },
} as const satisfies Fields;

export const answersField: ChoiceField<'final-answer' | 'world' | 'pattern' | 'multiple-choice'> = {
  kind: 'choice',
  label: 'The final answer stands',
  help: 'How an answer is judged: strictly what follows this marker, flexibly the last number. Numbers compare by value, everything else as text; the same extraction is applied to the right answers.',
  default: 'final-answer',
  choices: {
    'final-answer': 'after “Final Answer:” or “####”',
    world: 'after “Answer:”',
    pattern: 'where a regular expression finds it',
    'multiple-choice': 'among the options of each question',
  },
};

export const decimalField: ChoiceField<DecimalSign> = {
  kind: 'choice',
  label: 'Decimal sign',
  help: `Where a number leaves it open. Point: ${NUMBER_RULE.point} Comma: ${NUMBER_RULE.comma}`,
  default: 'point',
  choices: { point: 'point (1,234.5)', comma: 'comma (1.234,5)' },
};

/** Kinds of sets that are made with a model at hand. */
export const madeKinds = {
  own: {
    label: 'its own answers',
    help: 'What the model itself answers before training, right or wrong.',
  },
  'own-correct': {
    label: 'its own right answers',
    help: 'Rejection sampling: of several sampled answers to each question the first right one.',
  },
  'minimum-change': {
    label: 'its own answers, put right',
    help: 'Minimum change: the model’s own answer with only its wrong steps corrected. Micro-world only.',
  },
  'most-familiar': {
    label: 'the most familiar of all sets',
    help: 'For each question the right answer, among the other sets, that the model finds least surprising (GRAPE).',
  },
  'least-familiar': {
    label: 'the least familiar of all sets',
    help: 'For each question the right answer, among the other sets, that surprises the model most: the opposite of the most familiar, as a control.',
  },
  'random-choice': {
    label: 'any of all sets, by chance',
    help: 'For each question a right answer of one of the other sets, drawn by a seed: a control for choosing by familiarity.',
  },
  paraphrase: {
    label: 'a set in its own words',
    help: 'The model is asked to say each answer of another set in its own words; needs a model that follows instructions.',
  },
} as const;

export type MadeKind = keyof typeof madeKinds;
