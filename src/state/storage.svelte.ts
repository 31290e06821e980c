/** What this browser keeps for the page: models, runs, experiments, with sizes, and how to delete them. */
import { StorageError } from '../errors.ts';
import { ELSEWHERE, type Owners } from '../storage/owner.ts';
import type { StorageReport, StoredItem } from '../../workers/protocol.ts';
import { asError } from './job.svelte.ts';
import type { TrainerClient } from './trainer-client.ts';

/** How something is deleted that nobody else may work on meanwhile; they say false when somebody does. */
export interface Deleting {
  run: (id: string, work: () => Promise<void>) => Promise<boolean>;
  /** Takes it out of the queue too. */
  experiment: (id: string) => Promise<boolean>;
}

export class StorageState {
  report = $state.raw<StorageReport | undefined>();
  error = $state.raw<Error | undefined>();
  busy = $state(false);
  readonly #client: TrainerClient;
  readonly #owners: Owners;
  readonly #deleting: Deleting;

  constructor(client: TrainerClient, owners: Owners, deleting: Deleting) {
    this.#client = client;
    this.#owners = owners;
    this.#deleting = deleting;
  }

  readonly refresh = (): Promise<void> => this.#do(() => Promise.resolve());

  readonly delete = (item: StoredItem): Promise<void> =>
    this.#do(async () => {
      if (await this.#deleted(item)) return;
      throw new StorageError(`“${item.label}” is in use by this page, here or in another tab.`, [
        'Stop it there, or wait until it is through, and delete it then.',
      ]);
    });

  async #deleted({ id, kind }: StoredItem): Promise<boolean> {
    const remove = (): Promise<void> => this.#client.api.deleteStored(id);
    if (kind === 'experiment') return this.#deleting.experiment(id);
    if (kind === 'run') return this.#deleting.run(id, remove);
    // Its id is "model:" and its folder.
    const name = `model/${id.slice(id.indexOf(':') + 1)}`;
    return (await this.#owners.alone(name, remove)) !== ELSEWHERE;
  }

  async #do(change: () => Promise<void>): Promise<void> {
    this.busy = true;
    try {
      await change();
      this.report = await this.#client.api.storage();
      this.error = undefined;
    } catch (error) {
      this.error = asError(error);
    } finally {
      this.busy = false;
    }
  }
}
