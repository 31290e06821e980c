/**
 * One owner per thing: what a tab or a process trains, downloads or deletes, no other touches
 * meanwhile. In browsers by Web Locks, which a closed or crashed tab gives up by itself; on disk by
 * lock files (`lock-file.ts`).
 */

export interface Owners {
  /**
   * Does the work while nobody else owns the name.
   * @param wait until the present owner is through; without it ELSEWHERE is returned at once
   */
  alone<Result>(
    name: string,
    work: () => Promise<Result>,
    wait?: { wait: boolean },
  ): Promise<Result | typeof ELSEWHERE>;
  /** Names that somebody owns just now, this tab or process too. */
  owned(): Promise<ReadonlySet<string>>;
}

/** Another tab or process owns it. */
export const ELSEWHERE = Symbol('owned elsewhere');

const PREFIX = 'idiolect/';

/** The tabs of this page. A browser without Web Locks (a page without a secure context) has one owner a tab. */
export function tabOwners(
  locks: LockManager | undefined = (globalThis.navigator as Navigator | undefined)?.locks,
): Owners {
  if (locks === undefined) return soleOwners();
  return {
    alone: (name, work, { wait } = { wait: false }) =>
      locks.request(PREFIX + name, { ifAvailable: !wait }, (lock) =>
        lock === null ? ELSEWHERE : work(),
      ),
    owned: async () => {
      const { held = [] } = await locks.query();
      const names = held
        .flatMap(({ name }) => name ?? [])
        .filter((name) => name.startsWith(PREFIX));
      return new Set(names.map((name) => name.slice(PREFIX.length)));
    },
  };
}

/** Names within this tab or process only. */
export function soleOwners(): Owners {
  const ends = new Map<string, Promise<unknown>>();
  return {
    async alone(name, work, { wait } = { wait: false }) {
      while (ends.has(name)) {
        if (!wait) return ELSEWHERE;
        await ends.get(name);
      }
      const working = work();
      ends.set(
        name,
        working.catch(() => undefined),
      );
      try {
        return await working;
      } finally {
        ends.delete(name);
      }
    },
    owned: () => Promise.resolve(new Set(ends.keys())),
  };
}

/** Names that this tab owns from one call to a later one. */
export class Holdings {
  readonly #owners: Owners;
  readonly #held = new Map<string, { release: () => void; released: Promise<unknown> }>();

  constructor(owners: Owners) {
    this.#owners = owners;
  }

  /** @returns false when somebody else owns it; true too when it has been taken before */
  take(name: string): Promise<boolean> {
    if (this.#held.has(name)) return Promise.resolve(true);
    return new Promise((resolve, reject) => {
      const released: Promise<unknown> = this.#owners.alone(
        name,
        () =>
          new Promise<void>((release) => {
            // Not before `released` is there.
            queueMicrotask(() => {
              this.#held.set(name, { release, released });
              resolve(true);
            });
          }),
      );
      released.then((result) => {
        if (result === ELSEWHERE) resolve(false);
      }, reject);
    });
  }

  /** Resolves when others can have it. */
  async release(name: string): Promise<void> {
    const held = this.#held.get(name);
    this.#held.delete(name);
    held?.release();
    await held?.released;
  }

  has(name: string): boolean {
    return this.#held.has(name);
  }

  /** Names that somebody else owns. */
  async elsewhere(): Promise<ReadonlySet<string>> {
    const owned = await this.#owners.owned();
    return new Set([...owned].filter((name) => !this.#held.has(name)));
  }
}
