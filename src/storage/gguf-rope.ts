/**
 * Llama 3's scaled rope in a GGUF file. The file keeps one divisor a frequency
 * (`rope_freqs.weight`) instead of the parameters of the formula; these are found again and proved
 * by recomputing every divisor. Formula: `_compute_llama3_parameters` of transformers.
 */

export interface Llama3Scaling {
  readonly rope_type: 'llama3';
  readonly factor: number;
  readonly low_freq_factor: number;
  readonly high_freq_factor: number;
  readonly original_max_position_embeddings: number;
}

/** All Llama 3 models use these two; only the factor and the original context differ. */
const LOW_FREQ_FACTOR = 1;
const HIGH_FREQ_FACTOR = 4;
const LONGEST_CONTEXT = 2 ** 24;

/** The divisors are stored in float32, computed in any precision. */
const RELATIVE_TOLERANCE = 1e-5;

/**
 * The scaling whose divisors these are, for frequencies `theta^(-2i/headDim)`; undefined when no
 * power-of-two original context explains them all.
 */
export function findLlama3Scaling(
  divisors: Float32Array,
  theta: number,
  headDim: number,
): Llama3Scaling | undefined {
  const factor = divisors.reduce((most, divisor) => Math.max(most, divisor), 1);
  for (let context = 8; context <= LONGEST_CONTEXT; context *= 2) {
    const scaling: Llama3Scaling = {
      rope_type: 'llama3',
      factor,
      low_freq_factor: LOW_FREQ_FACTOR,
      high_freq_factor: HIGH_FREQ_FACTOR,
      original_max_position_embeddings: context,
    };
    const fits = divisors.every((divisor, i) => {
      const wavelength = 2 * Math.PI * theta ** ((2 * i) / headDim);
      return Math.abs(divisorOf(wavelength, scaling) / divisor - 1) < RELATIVE_TOLERANCE;
    });
    if (fits && divisors.length === headDim / 2) return scaling;
  }
  return undefined;
}

/** Short waves stay as they are, long ones are stretched by the factor, those between are blended. */
function divisorOf(wavelength: number, scaling: Llama3Scaling): number {
  const turns = scaling.original_max_position_embeddings / wavelength;
  const share = (turns - LOW_FREQ_FACTOR) / (HIGH_FREQ_FACTOR - LOW_FREQ_FACTOR);
  const blend = Math.min(1, Math.max(0, share));
  return 1 / ((1 - blend) / scaling.factor + blend);
}
