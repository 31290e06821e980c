/**
 * Carries experiments out, one stage after another: opens what is next in the worker, settles its stages,
 * and leaves what failed at the stage or the experiment it belongs to.
 */
import { GpuLostError, StoppedError } from '../errors.ts';
import { endsAll } from '../experiment/run/run.ts';
import type { KeptProgress } from './experiment-archive.ts';
import type { ExperimentEntry } from './experiment-entry.svelte.ts';
import { asError } from './job.svelte.ts';
import type { AppState } from './app-state.svelte.ts';
import { WorkerLostError } from './trainer-client.ts';

export interface Queue {
  /** What is next; undefined when nothing is left that can be done. */
  current(): ExperimentEntry | undefined;
  change(entry: ExperimentEntry, change: Partial<KeptProgress>): void;
  /** Something moved that the progress shows. */
  moved(): void;
  /** There are new results. */
  learn(entry: ExperimentEntry): Promise<void>;
}

/** A lost graphics processor is tried so often for one stage. */
const MOST_LOSSES = 2;

export class ExperimentWork {
  /** The one the worker has open. */
  #open: ExperimentEntry | undefined;
  /** Asked to end one stage, not all. */
  #skipping = false;
  readonly #parts: Pick<AppState, 'client' | 'model'>;
  readonly #queue: Queue;

  constructor(parts: Pick<AppState, 'client' | 'model'>, queue: Queue) {
    this.#parts = parts;
    this.#queue = queue;
    parts.client.onlost(() => (this.#open = undefined));
  }

  /** Until nothing is left. @throws what ends everything */
  async all(): Promise<void> {
    let losses = 0;
    for (;;) {
      const entry = this.#queue.current();
      const stage = entry?.next;
      if (entry === undefined || stage === undefined) break;
      try {
        if (this.#open !== entry) {
          // What is found there may be done already.
          await this.#openEntry(entry);
          continue;
        }
        await this.#settle(entry, stage.id);
        losses = 0;
      } catch (error) {
        if (error instanceof GpuLostError && ++losses <= MOST_LOSSES) {
          this.#open = undefined;
          continue;
        }
        if (error instanceof StoppedError && this.#skipping) {
          this.#skipping = false;
          continue;
        }
        // Nothing can be done before someone has seen to it.
        this.#queue.change(entry, { going: false });
        await this.#close().catch(() => undefined);
        throw error;
      }
    }
    await this.#close();
  }

  /** Ends the stage that is under way and goes on with the next. */
  async skip(): Promise<void> {
    this.#skipping = true;
    await this.#parts.client.api.stop();
  }

  /** Before its results are deleted. */
  async close(entry: ExperimentEntry): Promise<void> {
    if (this.#open === entry) await this.#close();
  }

  /** When it cannot be opened, the reason stands at the experiment. */
  async #openEntry(entry: ExperimentEntry): Promise<void> {
    const { model, client } = this.#parts;
    const { engine } = entry.request.experiment;
    if (model.engine === undefined || (engine !== 'auto' && model.engine.name !== engine)) {
      await model.changeEngine(engine === 'auto' ? model.engineChoice : engine);
    }
    try {
      const { done, sizes, notices } = await client.api.openExperiment(entry.request, (load) => {
        entry.loading = load;
        this.#queue.moved();
        return Promise.resolve();
      });
      this.#open = entry;
      entry.notices = notices;
      const seconds = Object.fromEntries(done.map((stage) => [stage.id, stage.seconds]));
      this.#queue.change(entry, { done: seconds, sizes });
    } catch (error) {
      if (endsQueue(error)) throw error;
      entry.error = asError(error);
      this.#queue.change(entry, { going: false });
    } finally {
      entry.loading = undefined;
    }
  }

  async #settle(entry: ExperimentEntry, id: string): Promise<void> {
    entry.begin(id);
    this.#queue.moved();
    try {
      const seconds = await this.#parts.client.api.settleStage(id, (doing) => {
        entry.tell(doing);
        this.#queue.moved();
        return Promise.resolve();
      });
      // Left out in its last moment: it is done all the same.
      const cancelled = entry.progress.cancelled.filter((other) => other !== id);
      this.#queue.change(entry, { done: { ...entry.progress.done, [id]: seconds }, cancelled });
      this.#skipping = false;
    } catch (error) {
      if (endsQueue(error)) throw error;
      const { name, message, problems = [] } = asError(error) as Error & { problems?: string[] };
      const failure = { name, message: message.split('\n', 1)[0]!, problems: [...problems] };
      this.#queue.change(entry, { failed: { ...entry.progress.failed, [id]: failure } });
    } finally {
      entry.running = undefined;
    }
    if (id.startsWith('run.') || id.startsWith('familiarity.')) await this.#queue.learn(entry);
  }

  async #close(): Promise<void> {
    this.#open = undefined;
    await this.#parts.client.api.closeExperiment();
  }
}

/** What no other stage would get past either. */
const endsQueue = (error: unknown): boolean => endsAll(error) || error instanceof WorkerLostError;
