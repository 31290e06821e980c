/** The weights of the step that did best so far, while training goes on. */
import { tensor, tidy } from '@tensorflow/tfjs-core';
import { DataError } from '../../errors.ts';
import type { TrainingJob } from '../../train/train.ts';

export class BestWeights {
  readonly #variables;
  #values: Float32Array[] | undefined;

  /**
   * @param bytes what `bytes` gave before
   * @throws DataError when they do not fit what is trained
   */
  constructor({ parameters }: Pick<TrainingJob, 'parameters'>, bytes?: Uint8Array<ArrayBuffer>) {
    this.#variables = parameters.map(({ variable }) => variable);
    if (bytes) this.#values = this.#valuesOf(bytes);
  }

  /** Those of now. */
  async take(): Promise<void> {
    this.#values = await Promise.all(
      this.#variables.map(async (variable) => (await variable.data<'float32'>()).slice()),
    );
  }

  /** Of all parameters in a row; undefined while none were taken. */
  get bytes(): Uint8Array<ArrayBuffer> | undefined {
    if (!this.#values) return undefined;
    const all = new Float32Array(this.#size);
    let at = 0;
    for (const values of this.#values) {
      all.set(values, at);
      at += values.length;
    }
    return new Uint8Array(all.buffer);
  }

  /** Makes them those of now; without any, these stay. */
  putBack(): void {
    this.#values?.forEach((values, i) => {
      const variable = this.#variables[i]!;
      tidy(() => variable.assign(tensor(values, variable.shape)));
    });
  }

  get #size(): number {
    return this.#variables.reduce((sum, { size }) => sum + size, 0);
  }

  #valuesOf(bytes: Uint8Array<ArrayBuffer>): Float32Array[] {
    if (bytes.length !== 4 * this.#size) {
      throw new DataError('The weights kept of the best step do not fit the adapter.');
    }
    const all = new Float32Array(bytes.slice().buffer);
    let at = 0;
    return this.#variables.map(({ size }) => all.slice(at, (at += size)));
  }
}
