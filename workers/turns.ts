/** Long calls one at a time, in the order they were made, and a stop for all that were made so far. */

export class Turns {
  /** Calls are numbered: a stop concerns every call made before it, also those that still wait. */
  #made = 0;
  #current = 0;
  #stoppedUpTo = 0;
  #last: Promise<unknown> = Promise.resolve();

  take<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = ++this.#made;
    const result = this.#last.then(() => {
      this.#current = turn;
      return work();
    });
    this.#last = result.catch(() => undefined);
    return result;
  }

  stop(): void {
    this.#stoppedUpTo = this.#made;
  }

  /** Asked by the work of the current turn. */
  stopRequested(): boolean {
    return this.#current <= this.#stoppedUpTo;
  }
}
