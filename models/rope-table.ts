/**
 * Rotary frequencies of a config, with the scaling rules that are supported, and the table of
 * cosines and sines the rope op reads. Angles are rounded to float32 as transformers does.
 */
import { UnsupportedModelError } from '../src/errors.ts';
import { readNumber, type ConfigReader } from './config-reader.ts';

export interface RopeConfig {
  theta: number;
  /** Share of each head that is rotated. */
  partial: number;
  scaling:
    | { type: 'default' }
    | { type: 'linear'; factor: number }
    | {
        type: 'llama3';
        factor: number;
        lowFrequencyFactor: number;
        highFrequencyFactor: number;
        originalLength: number;
      };
}

const SUPPORTED = ['default', 'linear', 'llama3'];

/**
 * Reads `rope_parameters` (transformers 5) or `rope_theta` and `rope_scaling` (transformers 4).
 * @throws UnsupportedModelError for other rope types, listing the supported ones
 */
export function readRope(
  config: ConfigReader,
  defaults: { theta: number; partial: number },
): RopeConfig {
  const modern = config.object('rope_parameters');
  const legacy = config.object('rope_scaling');
  const rules = modern ?? legacy;
  const theta = readNumber(modern, 'rope_theta') ?? defaults.theta;
  const partial = readNumber(modern, 'partial_rotary_factor') ?? defaults.partial;
  const named = rules?.['rope_type'] ?? rules?.['type'] ?? 'default';
  const type = typeof named === 'string' ? named : JSON.stringify(named);
  if (rules === undefined || type === 'default')
    return { theta, partial, scaling: { type: 'default' } };
  const required = (key: string): number => {
    const value = readNumber(rules, key);
    if (value === undefined)
      config.problem(`rope scaling ${type}: ${key} is missing or not a number.`);
    return value ?? 1;
  };
  if (type === 'linear') return { theta, partial, scaling: { type, factor: required('factor') } };
  if (type === 'llama3') {
    return {
      theta,
      partial,
      scaling: {
        type,
        factor: required('factor'),
        lowFrequencyFactor: required('low_freq_factor'),
        highFrequencyFactor: required('high_freq_factor'),
        originalLength: required('original_max_position_embeddings'),
      },
    };
  }
  throw new UnsupportedModelError(
    `config.json: rope type "${type}" is not supported; supported are ${SUPPORTED.join(', ')}.`,
  );
}

/** How many values of each head are rotated, even. */
export function rotaryDimension(rope: RopeConfig, headDim: number): number {
  return Math.floor(headDim * rope.partial);
}

/** [positions, rotaryDim]: a row is the cosines of the rotaryDim/2 angles, then their sines. */
export function ropeTable(rope: RopeConfig, rotaryDim: number, positions: number): Float32Array {
  const half = rotaryDim / 2;
  const frequencies = Array.from({ length: half }, (_, i) =>
    scaledFrequency(Math.fround(1 / rope.theta ** ((2 * i) / rotaryDim)), rope.scaling),
  );
  const table = new Float32Array(positions * rotaryDim);
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(position * frequencies[i]!);
      table[position * rotaryDim + i] = Math.cos(angle);
      table[position * rotaryDim + half + i] = Math.sin(angle);
    }
  }
  return table;
}

/** Long waves are stretched by the factor, short ones kept, those between blended (Llama 3.1). */
function scaledFrequency(frequency: number, scaling: RopeConfig['scaling']): number {
  if (scaling.type === 'default') return frequency;
  if (scaling.type === 'linear') return Math.fround(frequency / scaling.factor);
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalLength } = scaling;
  const wavelength = (2 * Math.PI) / frequency;
  if (wavelength < originalLength / highFrequencyFactor) return frequency;
  if (wavelength > originalLength / lowFrequencyFactor) return Math.fround(frequency / factor);
  const blend =
    (originalLength / wavelength - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
  return Math.fround(((1 - blend) * frequency) / factor + blend * frequency);
}
