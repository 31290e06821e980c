/** What this browser keeps for the page: models and runs, with sizes, and how to delete them. */
import type { StorageReport } from '../../workers/protocol.ts';
import { asError } from './job.svelte.ts';
import type { TrainerClient } from './trainer-client.ts';

export class StorageState {
  report = $state.raw<StorageReport | undefined>();
  error = $state.raw<Error | undefined>();
  busy = $state(false);
  readonly #client: TrainerClient;

  constructor(client: TrainerClient) {
    this.#client = client;
  }

  readonly refresh = (): Promise<void> => this.#do(() => Promise.resolve());

  readonly delete = (id: string): Promise<void> =>
    this.#do(() => this.#client.api.deleteStored(id));

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
