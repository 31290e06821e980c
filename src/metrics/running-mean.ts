/** The one weighted mean: losses over batches of unequal size must not be averaged any other way. */
export class RunningMean {
  sum = 0;
  weight = 0;

  /** Adds a sum that already covers `weight` items, such as the NLL of a batch and its targets. */
  addSum(sum: number, weight: number): void {
    this.sum += sum;
    this.weight += weight;
  }

  /** Adds a mean over `weight` items, or one value. */
  add(value: number, weight = 1): void {
    this.addSum(value * weight, weight);
  }

  /** NaN while nothing was added: no data is not a loss of 0. */
  get mean(): number {
    return this.weight === 0 ? NaN : this.sum / this.weight;
  }

  reset(): void {
    this.sum = 0;
    this.weight = 0;
  }
}
