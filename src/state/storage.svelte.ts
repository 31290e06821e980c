/** What this browser keeps for the page: models, runs, experiments, with sizes, and how to delete them. */
import type { StorageReport, StoredItem } from '../../workers/protocol.ts';
import { asError } from './job.svelte.ts';
import type { TrainerClient } from './trainer-client.ts';

export class StorageState {
  report = $state.raw<StorageReport | undefined>();
  error = $state.raw<Error | undefined>();
  busy = $state(false);
  readonly #client: TrainerClient;
  readonly #deleteExperiment: (id: string) => Promise<void>;

  /** @param deleteExperiment takes it out of the queue too */
  constructor(client: TrainerClient, deleteExperiment: (id: string) => Promise<void>) {
    this.#client = client;
    this.#deleteExperiment = deleteExperiment;
  }

  readonly refresh = (): Promise<void> => this.#do(() => Promise.resolve());

  readonly delete = ({ id, kind }: StoredItem): Promise<void> =>
    this.#do(() =>
      kind === 'experiment' ? this.#deleteExperiment(id) : this.#client.api.deleteStored(id),
    );

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
