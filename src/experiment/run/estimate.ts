/**
 * How long a stage will take, from what little of it took on this machine. Everything that a stage does
 * counts, each thing by the unit it is made of; what depends on what a model will say is guessed.
 */
import { stepsOf } from '../spec/budget.ts';
import type { Stage } from '../spec/plan.ts';
import type { Experiment, SetSpec } from '../spec/schema.ts';
import type { Task, TaskQuestions } from './task.ts';

/** Seconds, measured in a short trial on the first model. */
export interface UnitCosts {
  /** One question, answered among others. */
  answer: number;
  /** One answer's NLL. */
  measure: number;
  /** One answer's KL from the base model. */
  divergence: number;
  /** One batch forward and backward, and its share of the update. */
  step: number;
  /** Mean tokens of the trial's questions and answers. */
  tokens?: { prompt: number; answer: number };
}

type Part = keyof TaskQuestions;

/** Questions of each part of the task. */
export interface TaskSizes extends Record<Part, number> {
  /** Stages of general text. */
  text: number;
  /** Options of all questions of a part, which are measured; 0 where answers are generated. */
  options: Record<Part, number>;
}

/** What can be known before a stage is done. */
export interface Known {
  experiment: Experiment;
  sizes: TaskSizes;
  costs: UnitCosts;
  /** Mean tokens of a set's answers under a model; undefined until they are measured. */
  meanTokens: (model: string, set: string) => number | undefined;
}

/** Of sampled answers most questions are solved early. */
const SAMPLES_SHARE = 0.5;

export function sizesOf(task: Task): TaskSizes {
  const optionsOf = (part: Part) =>
    task[part].reduce((sum, { options = [] }) => sum + options.length, 0);
  return {
    train: task.train.length,
    validation: task.validation.length,
    test: task.test.length,
    retention: task.retention.length,
    text: task.texts.reduce((sum, { rows }) => sum + rows.length, 0),
    options: {
      train: optionsOf('train'),
      validation: optionsOf('validation'),
      test: optionsOf('test'),
      retention: optionsOf('retention'),
    },
  };
}

/**
 * Seconds by what is done, in the words of `StageProgress.what` and in the order in which it is done. Choosing on
 * validation questions, which goes on in between, is part of training.
 */
export function secondsByPart(stage: Stage, known: Known): Record<string, number> {
  const { experiment, sizes, costs } = known;
  const { train } = sizes;
  switch (stage.kind) {
    case 'base':
      return {
        ...evaluation(stage.model, known),
        'training questions': asking('train', known),
      };
    case 'set':
      return { 'making the set': making(specOf(stage.set, experiment), known) };
    case 'familiarity': {
      const { styleExamples } = experiment.familiarity;
      return {
        familiarity: train * costs.measure,
        // Each example is about as long as the question with its answer.
        'familiarity in style': styleExamples > 0 ? train * (1 + styleExamples) * costs.measure : 0,
      };
    }
    case 'run': {
      const { divergenceQuestions: most } = experiment.evaluation;
      const compared = Math.min(most, sizes.test) + Math.min(most, sizes.retention);
      return {
        training: training(stage.model, stage.set, known),
        ...evaluation(stage.model, known),
        divergence: compared * costs.divergence,
      };
    }
  }
}

export function stageSeconds(stage: Stage, known: Known): number {
  return Object.values(secondsByPart(stage, known)).reduce((sum, seconds) => sum + seconds, 0);
}

const specOf = (set: string, { sets }: Experiment): SetSpec => sets.find(({ id }) => id === set)!;

/** Answering every question of a part, or measuring its options. */
function asking(part: Part, { sizes, costs }: Known): number {
  const { [part]: questions, options } = sizes;
  return options[part] > 0 ? options[part] * costs.measure : questions * costs.answer;
}

/** What base models and runs are asked alike. */
function evaluation(model: string, known: Known): Record<string, number> {
  const { experiment, sizes, costs } = known;
  const { task, models } = experiment;
  const hasAnswers =
    task.kind === 'files' || models.find(({ id }) => id === model)!.dialect !== undefined;
  // A pattern does not say where the right answer would stand.
  const hasPlace = task.kind === 'world' || task.answers.kind !== 'pattern';
  return {
    'test questions': asking('test', known),
    'other tasks': asking('retention', known),
    'NLL of general text': sizes.text * costs.measure,
    'NLL on other tasks': hasAnswers ? sizes.retention * costs.measure : 0,
    'NLL of right answers': hasPlace ? sizes.test * costs.measure : 0,
  };
}

function making(spec: SetSpec, { sizes: { train }, costs }: Known): number {
  switch (spec.kind) {
    case 'own-correct':
      return train * spec.samples * SAMPLES_SHARE * costs.answer;
    case 'paraphrase':
      return train * costs.answer;
    case 'most-familiar':
    case 'least-familiar':
      return train * spec.from.length * costs.measure;
    default:
      return 0;
  }
}

function training(model: string, set: string, known: Known): number {
  const { experiment, sizes, costs } = known;
  const { training: settings, learningRates, checkpoint } = experiment;
  const steps = knownSteps(model, set, known);
  const rates = Math.max(1, learningRates.length);
  const evaluated = Math.ceil(steps / settings.evaluateEvery);
  const choosing = (checkpoint === 'best-accuracy' ? evaluated : 0) + (rates > 1 ? 1 : 0);
  const heldOut =
    experiment.task.kind === 'files' || specOf(set, experiment).kind === 'written'
      ? sizes.validation
      : 0;
  const once =
    steps * settings.accumulation * costs.step * lengthOf(model, set, known) +
    // The held-out loss is measured before the first step too.
    (1 + evaluated) * heldOut * costs.measure +
    (settings.maskPerplexity > 0 ? sizes.train * costs.measure : 0) +
    choosing * asking('validation', known);
  return rates * once;
}

/** With equal tokens known once every set is measured. */
function knownSteps(model: string, set: string, { experiment, meanTokens }: Known): number {
  const unknown = experiment.sets.some(({ id }) => meanTokens(model, id) === undefined);
  if (unknown) return experiment.training.steps;
  // The end token is trained too.
  return stepsOf(experiment, set, (id) => meanTokens(model, id)! + 1);
}

/** A step on this set against one of the trial, by tokens; 1 while either is unknown. */
function lengthOf(model: string, set: string, { costs, meanTokens }: Known): number {
  const answer = meanTokens(model, set);
  const { tokens } = costs;
  if (answer === undefined || tokens === undefined) return 1;
  return (tokens.prompt + answer) / (tokens.prompt + tokens.answer);
}
