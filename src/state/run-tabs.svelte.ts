/** Which runs are this tab's and which another's, by who owns their names. */
import { Holdings, type Owners } from '../storage/owner.ts';

const RUN = 'run/';
const ownerName = (id: string): string => `${RUN}${id}`;

export class RunTabs {
  /** Ids of runs, waiting ones too, that are another tab's, as last seen. */
  elsewhere = $state.raw<ReadonlySet<string>>(new Set());
  readonly #holdings: Holdings;

  constructor(owners: Owners) {
    this.#holdings = new Holdings(owners);
  }

  holds(id: string): boolean {
    return this.#holdings.has(ownerName(id));
  }

  /** @returns false when another tab has it */
  async take(id: string): Promise<boolean> {
    const taken = await this.#holdings.take(ownerName(id));
    const elsewhere = [...this.elsewhere].filter((other) => other !== id);
    this.elsewhere = new Set(taken ? elsewhere : [...elsewhere, id]);
    return taken;
  }

  give(id: string): Promise<void> {
    return this.#holdings.release(ownerName(id));
  }

  /** Looks again. @returns ids of runs that are or were another tab's: those may have changed */
  async look(): Promise<ReadonlySet<string>> {
    const before = this.elsewhere;
    const owned = await this.#holdings.elsewhere();
    const now = new Set(
      [...owned].flatMap((name) => (name.startsWith(RUN) ? name.slice(RUN.length) : [])),
    );
    if (!sameIds(before, now)) this.elsewhere = now;
    return new Set([...before, ...now]);
  }
}

export const sameIds = (one: ReadonlySet<string>, other: ReadonlySet<string>): boolean =>
  one.size === other.size && [...one].every((id) => other.has(id));
