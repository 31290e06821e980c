/**
 * The table of cosines and sines that the rope op reads. Frequencies and angles are rounded to float32
 * where transformers rounds them (modeling_rope_utils.py).
 */
import { ModelFileError } from '../src/errors.ts';
import type { RopeConfig, RopeScaling } from './rope-config.ts';

/** How many values of each head are rotated, even. */
export function rotaryDimension(rope: RopeConfig, headDim: number): number {
  return Math.floor(headDim * rope.partial);
}

/**
 * Settings may each be right and together still give no numbers.
 * @throws ModelFileError that names them
 */
export function checkFrequencies(rope: RopeConfig, rotaryDim: number): void {
  if (ropeFrequencies(rope, rotaryDim).every(Number.isFinite)) return;
  throw new ModelFileError(
    `config.json: ${JSON.stringify(rope)} gives no usable frequencies for heads of ${rotaryDim} rotated values.`,
  );
}

/**
 * [positions, rotaryDim]: a row is the cosines of the rotaryDim/2 angles, then their sines.
 * @param length tokens of the text, for rules that depend on it
 */
export function ropeTable(
  rope: RopeConfig,
  rotaryDim: number,
  positions: number,
  length = 0,
): Float32Array {
  const half = rotaryDim / 2;
  const frequencies = ropeFrequencies(rope, rotaryDim, length);
  const scale = rope.scaling.type === 'yarn' ? rope.scaling.attentionFactor : 1;
  const table = new Float32Array(positions * rotaryDim);
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(position * frequencies[i]!);
      table[position * rotaryDim + i] = Math.fround(Math.cos(angle)) * scale;
      table[position * rotaryDim + half + i] = Math.fround(Math.sin(angle)) * scale;
    }
  }
  return table;
}

/** Radians a position, [rotaryDim/2]. */
export function ropeFrequencies(
  { theta, scaling }: RopeConfig,
  rotaryDim: number,
  length = 0,
): number[] {
  const base = scaling.type === 'dynamic' ? theta * grownBase(scaling, rotaryDim, length) : theta;
  const plain = Array.from({ length: rotaryDim / 2 }, (_, i) =>
    Math.fround(1 / base ** ((2 * i) / rotaryDim)),
  );
  switch (scaling.type) {
    case 'default':
    case 'dynamic':
      return plain;
    case 'linear':
      return plain.map((frequency) => Math.fround(frequency / scaling.factor));
    case 'llama3':
      return plain.map((frequency) => llama3Frequency(frequency, scaling));
    case 'yarn':
      return yarnFrequencies(theta, scaling, rotaryDim);
  }
}

/** By how much the base of dynamic NTK grows for a text of that length. */
function grownBase(
  { factor, trained }: Extract<RopeScaling, { type: 'dynamic' }>,
  rotaryDim: number,
  length: number,
): number {
  const reach = Math.max(length, trained) / trained;
  return (factor * reach - (factor - 1)) ** (rotaryDim / (rotaryDim - 2));
}

/** Long waves are stretched by the factor, short ones kept, those between blended (Llama 3.1). */
function llama3Frequency(
  frequency: number,
  scaling: Extract<RopeScaling, { type: 'llama3' }>,
): number {
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalLength } = scaling;
  const wavelength = (2 * Math.PI) / frequency;
  if (wavelength < originalLength / highFrequencyFactor) return frequency;
  if (wavelength > originalLength / lowFrequencyFactor) return Math.fround(frequency / factor);
  const blend =
    (originalLength / wavelength - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
  return Math.fround(((1 - blend) * frequency) / factor + blend * frequency);
}

/**
 * Dimensions that turn often within the original context keep their frequency, those that turn seldom
 * are stretched by the factor, with a linear ramp between (Peng et al. 2023, eq. 23).
 */
function yarnFrequencies(
  theta: number,
  { factor, originalLength, betaFast, betaSlow, truncate }: Extract<RopeScaling, { type: 'yarn' }>,
  rotaryDim: number,
): number[] {
  const dimensionOf = (turns: number) =>
    (rotaryDim * Math.log(originalLength / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const [fast, slow] = [dimensionOf(betaFast), dimensionOf(betaSlow)];
  const low = Math.max(truncate ? Math.floor(fast) : fast, 0);
  const reach = Math.min(truncate ? Math.ceil(slow) : slow, rotaryDim - 1);
  const high = reach === low ? reach + 0.001 : reach;
  return Array.from({ length: rotaryDim / 2 }, (_, i) => {
    const power = Math.fround(theta ** ((2 * i) / rotaryDim));
    const stretched = Math.min(1, Math.max(0, (i - low) / (high - low)));
    return Math.fround(stretched / (factor * power) + (1 - stretched) / power);
  });
}
