/**
 * Rotary settings of config.json, read as transformers reads them: `rope_scaling` stands before
 * `rope_parameters`, `rope_theta` may stand inside either or beside them, and the context a model was
 * trained with may stand outside. What the chosen rule does not use is named.
 */
import { UnsupportedModelError } from '../src/errors.ts';
import type { ConfigReader, NumberRange } from './config-reader.ts';

export type RopeScaling =
  | { type: 'default' }
  /** All frequencies divided by the factor. */
  | { type: 'linear'; factor: number }
  /** The base grows with texts longer than `trained` tokens (NTK). */
  | { type: 'dynamic'; factor: number; trained: number }
  /** Llama 3.1: long waves are stretched, short ones kept. */
  | {
      type: 'llama3';
      factor: number;
      lowFrequencyFactor: number;
      highFrequencyFactor: number;
      originalLength: number;
    }
  /** YaRN (Peng et al. 2023): blended by dimension; cosines and sines are scaled as well. */
  | {
      type: 'yarn';
      factor: number;
      originalLength: number;
      attentionFactor: number;
      betaFast: number;
      betaSlow: number;
      truncate: boolean;
    };

export interface RopeConfig {
  theta: number;
  /** Share of each head that is rotated. */
  partial: number;
  scaling: RopeScaling;
}

export interface RopeDefaults {
  /** The family's name for the base beside the object, and for the rotated share. */
  thetaKey: 'rope_theta' | 'rotary_emb_base';
  partialKey: 'partial_rotary_factor' | 'rotary_pct';
  partial: number;
  /** Whether the unscaled rule rotates only a share of each head (GPT-NeoX) or all of it (Llama). */
  usesPartial: boolean;
  contextLength: number;
  headDim: number;
}

/** Powers of the base are divided by, and its logarithm. */
const BASE: NumberRange = { above: 1 };
const SHARE: NumberRange = { above: 0, most: 1 };
const POSITIVE: NumberRange = { above: 0 };
const SUPPORTED = ['default', 'linear', 'dynamic', 'llama3', 'yarn'];

/**
 * @throws UnsupportedModelError for other rope types, listing the supported ones
 */
export function readRope(config: ConfigReader, defaults: RopeDefaults): RopeConfig {
  const scaling = config.nested('rope_scaling');
  const parameters = config.nested('rope_parameters');
  if (scaling && parameters) {
    const text = 'rope_scaling and rope_parameters are both there; rope_scaling is used.';
    config.notice('doubtful', text, ['rope_parameters']);
  }
  const rules = scaling ?? parameters;
  const theta =
    rules?.maybeNumber('rope_theta', BASE) ?? config.maybeNumber(defaults.thetaKey, BASE) ?? 10_000;
  const partial =
    rules?.maybeNumber('partial_rotary_factor', SHARE) ??
    config.maybeNumber(defaults.partialKey, SHARE) ??
    defaults.partial;
  ignoreOtherNames(config, defaults, theta, partial);
  if (Math.floor(defaults.headDim * partial) < 2) {
    config.problem(`${partial} of a head of ${defaults.headDim} is less than a pair of values.`);
  } else if (Math.floor(defaults.headDim * partial) % 2 !== 0) {
    config.problem(
      `${partial} of a head of ${defaults.headDim} are an odd number of values; rope turns pairs.`,
    );
  }
  if (!rules)
    return { theta, partial: usedShare(config, defaults, partial), scaling: { type: 'default' } };

  // Both are looked at, so that neither counts as unused.
  const [modern, legacy] = [rules.raw('rope_type'), rules.raw('type')];
  const named = modern ?? legacy ?? 'default';
  const type = typeof named === 'string' ? named : JSON.stringify(named);
  const result: RopeConfig = {
    theta,
    partial:
      type === 'default'
        ? usedShare(config, defaults, partial)
        : scaledShare(config, defaults, partial),
    scaling: readScaling(type, rules, config, defaults.contextLength),
  };
  const unused = rules.unused({});
  if (unused.length > 0) {
    const text = `The rotary rule "${type}" does not use these settings, neither here nor in transformers.`;
    rules.notice('doubtful', text, unused);
  }
  return result;
}

function readScaling(
  type: string,
  rules: ConfigReader,
  config: ConfigReader,
  contextLength: number,
): RopeScaling {
  const required = (key: string): number => {
    const value = rules.maybeNumber(key, POSITIVE);
    if (value === undefined) {
      config.problem(`rope scaling ${type}: ${key} is missing or not a positive number.`);
    }
    return value ?? 1;
  };
  const originalLength = (): number =>
    config.maybeNumber('original_max_position_embeddings', POSITIVE) ??
    rules.maybeNumber('original_max_position_embeddings', POSITIVE) ??
    contextLength;
  switch (type) {
    case 'default':
      return { type };
    case 'linear':
      return { type, factor: required('factor') };
    case 'dynamic':
      return { type, factor: required('factor'), trained: contextLength };
    case 'llama3':
      return {
        type,
        factor: required('factor'),
        lowFrequencyFactor: required('low_freq_factor'),
        highFrequencyFactor: required('high_freq_factor'),
        originalLength: bothLengths(rules, originalLength()),
      };
    case 'yarn':
      return readYarn(rules, bothLengths(rules, originalLength()), contextLength, required);
    default:
      throw new UnsupportedModelError(
        `config.json: rope type "${type}" is not supported; supported are ${SUPPORTED.join(', ')}.`,
      );
  }
}

/** The length beside the object wins; that inside it counts as read. */
function bothLengths(rules: ConfigReader, length: number): number {
  rules.raw('original_max_position_embeddings');
  return length;
}

function readYarn(
  rules: ConfigReader,
  originalLength: number,
  contextLength: number,
  required: (key: string) => number,
): RopeScaling {
  // Written as null, the factor is the ratio of the two lengths.
  const factor = rules.raw('factor') === null ? contextLength / originalLength : required('factor');
  const scaleOf = (weight: number) => (factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1);
  const [weight, allWeight] = [rules.number('mscale', 0), rules.number('mscale_all_dim', 0)];
  const usual = weight && allWeight ? scaleOf(weight) / scaleOf(allWeight) : scaleOf(1);
  return {
    type: 'yarn',
    factor,
    originalLength,
    attentionFactor: rules.number('attention_factor', usual, POSITIVE),
    betaFast: rules.number('beta_fast', 0, { least: 0 }) || 32,
    betaSlow: rules.number('beta_slow', 0, { least: 0 }) || 1,
    truncate: rules.flag('truncate', true),
  };
}

/** Llama's unscaled rule rotates whole heads whatever the share says. */
function usedShare(config: ConfigReader, defaults: RopeDefaults, partial: number): number {
  if (defaults.usesPartial || partial === 1) return partial;
  config.notice(
    'doubtful',
    `A rotated share of ${partial} is not used in this family, neither here nor in transformers: whole heads are rotated.`,
    ['partial_rotary_factor'],
  );
  return 1;
}

function scaledShare(config: ConfigReader, defaults: RopeDefaults, partial: number): number {
  if (!defaults.usesPartial && Math.floor(defaults.headDim * partial) !== defaults.headDim) {
    config.problem(`partial_rotary_factor ${partial} with scaled rope is not supported.`);
  }
  return partial;
}

/** GPT-NeoX has names of its own for base and share; the usual ones do nothing there. */
function ignoreOtherNames(
  config: ConfigReader,
  { thetaKey, partialKey }: RopeDefaults,
  theta: number,
  partial: number,
): void {
  const other = (key: string, usedKey: string, used: number) => {
    const value = config.raw(key);
    if (key === usedKey || value === undefined || value === null || value === used) return;
    config.ignore(
      [key],
      `${key} is not used in this family, neither here nor in transformers; ${usedKey} is.`,
    );
  };
  other('rope_theta', thetaKey, theta);
  other('partial_rotary_factor', partialKey, partial);
}
