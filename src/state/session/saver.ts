/** Work that is asked for often and done a moment later, one piece after another. */

export class Saver {
  readonly #waiting = new Map<unknown, { work: () => Promise<void>; timer: number }>();
  #last: Promise<void> = Promise.resolve();
  #running = 0;

  /** Does the work once, however often it is asked for meanwhile; the last one of a name counts. */
  later(name: unknown, milliseconds: number, work: () => Promise<void>): void {
    const known = this.#waiting.get(name);
    if (known !== undefined) {
      known.work = work;
      return;
    }
    const timer = Number(setTimeout(() => this.#start(name), milliseconds));
    this.#waiting.set(name, { work, timer });
  }

  /** Does now what waits. Resolves when all of it is done. */
  flush(): Promise<void> {
    for (const name of [...this.#waiting.keys()]) this.#start(name);
    return this.#last;
  }

  /** Forgets what waits. Resolves when what runs is done. */
  stop(): Promise<void> {
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
    return this.#last;
  }

  get busy(): boolean {
    return this.#waiting.size > 0 || this.#running > 0;
  }

  #start(name: unknown): void {
    const { work, timer } = this.#waiting.get(name)!;
    clearTimeout(timer);
    this.#waiting.delete(name);
    this.#running++;
    this.#last = this.#last.then(work).finally(() => {
      this.#running--;
    });
  }
}
