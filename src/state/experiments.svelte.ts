/**
 * The queue of experiments: what is carried out next, paused, moved, cancelled, tried again; kept, so
 * that a reload goes on where it was. In which order things are done never changes a number. Loaded
 * when the lab is on screen.
 */
import { DownloadError } from '../errors.ts';
import { planExperiment } from '../experiment/spec/plan.ts';
import type { ExperimentReport } from '../experiment/report/report.ts';
import type { ExperimentRequest } from '../../workers/protocol.ts';
import type { BadRecord } from './database.ts';
import { ExperimentArchive, type KeptProgress } from './experiment-archive.ts';
import { ExperimentDraft } from './experiment-draft.svelte.ts';
import { ExperimentEstimate } from './experiment-estimate.svelte.ts';
import { ExperimentEntry } from './experiment-entry.svelte.ts';
import { ExperimentWork } from './experiment-work.svelte.ts';
import { asError, Job, type JobReport } from './job.svelte.ts';
import type { AppState } from './app-state.svelte.ts';
import { newRunId, timeStamp } from './run-record.ts';

type Parts = Pick<AppState, 'activity' | 'client' | 'model' | 'answers' | 'fetchFile'>;

export class ExperimentsState {
  readonly job: Job;
  readonly draft: ExperimentDraft;
  readonly estimate: ExperimentEstimate;
  /** In the order of the queue. */
  list = $state.raw<readonly ExperimentEntry[]>([]);
  /** Whose results are on screen. */
  #shownId = $state<string | undefined>();
  /** Another tab of this page carries experiments out. */
  elsewhere = $state(false);
  /** Why experiments will be gone when the page is closed. */
  refused = $state.raw<string | undefined>();
  /** Experiments that are kept and cannot be read. */
  bad = $state.raw<readonly BadRecord[]>([]);
  readonly #parts: Parts;
  readonly #work: ExperimentWork;
  readonly #archive: ExperimentArchive;

  constructor(parts: Parts, archive = new ExperimentArchive()) {
    this.#parts = parts;
    this.#archive = archive;
    archive.onchange(({ refused, bad }) => {
      this.refused = refused;
      this.bad = bad;
    });
    this.draft = new ExperimentDraft(parts);
    this.estimate = new ExperimentEstimate(parts);
    this.job = new Job(parts.activity, parts.client, { name: 'Experiment', guarded: true });
    this.#work = new ExperimentWork(parts, {
      current: () => this.current,
      change: (entry, change) => this.#change(entry, change),
      moved: () => this.job.tell(this.#report()),
      learn: (entry) => this.#learn(entry),
    });
  }

  readonly shown = $derived(this.list.find(({ id }) => id === this.#shownId) ?? this.list.at(-1));
  /** The experiment that is next, or carried out just now. */
  readonly current = $derived(
    this.list.find(({ running }) => running !== undefined) ??
      this.list.find((entry) => entry.progress.going && entry.next !== undefined),
  );
  /** Something waits to be done and nothing else has the worker. */
  readonly due = $derived.by(
    () => !this.elsewhere && this.current !== undefined && this.#parts.activity.job === undefined,
  );

  async load(): Promise<void> {
    const kept = await this.#archive.load();
    this.list = kept
      .map(({ request, progress }) => new ExperimentEntry(request, progress))
      .sort((a, b) => a.progress.place - b.progress.place);
    if (this.shown !== undefined) await this.#learn(this.shown);
  }

  readonly show = async (entry: ExperimentEntry): Promise<void> => {
    this.#shownId = entry.id;
    if (entry.result === undefined) await this.#learn(entry);
  };

  /** The run of the full cross-over that comes with the page. @throws DownloadError */
  readonly reference = async (): Promise<ExperimentReport> => {
    const path = 'reference/cross-over.json';
    const response = await this.#parts.fetchFile(path);
    if (!response.ok) throw new DownloadError(`${path}: the server answered ${response.status}.`);
    return (await response.json()) as ExperimentReport;
  };

  /** Puts an experiment at the end of the queue. */
  readonly add = async (
    request: Omit<ExperimentRequest, 'id'>,
    known: Pick<KeptProgress, 'costs' | 'sizes'> = {},
  ): Promise<ExperimentEntry> => {
    const numbered: ExperimentRequest = { ...request, id: `experiment-${newRunId()}` };
    const entry = new ExperimentEntry(numbered, {
      id: numbered.id,
      addedAt: timeStamp(),
      place: 1 + Math.max(-1, ...this.list.map(({ progress }) => progress.place)),
      going: true,
      order: planExperiment(numbered.experiment).map(({ id }) => id),
      done: {},
      cancelled: [],
      failed: {},
      ...known,
    });
    await this.#archive.add({ request: numbered, progress: entry.progress });
    this.list = [...this.list, entry];
    this.#shownId = entry.id;
    return entry;
  };

  /** Does what waits, one stage after another, until nothing is left or someone pauses. */
  readonly work = async (): Promise<void> => {
    if (!this.due) return;
    await onlyOneTab(
      async () => {
        this.elsewhere = false;
        await this.job.run(this.#report(), () => this.#work.all());
      },
      () => (this.elsewhere = true),
    );
  };

  /** Stops within one step; the stage that was under way is done anew when it goes on. */
  readonly pause = async (): Promise<void> => {
    for (const entry of this.list) this.#change(entry, { going: false });
    await this.job.stop();
  };

  readonly goOn = (entry: ExperimentEntry): void => {
    entry.error = undefined;
    this.job.forget();
    this.#change(entry, { going: true });
  };

  /** Forgets what is kept of it and does everything anew. */
  readonly startOver = async (entry: ExperimentEntry): Promise<void> => {
    await this.#work.close(entry);
    await this.#parts.client.api.deleteStored(entry.id);
    entry.result = undefined;
    this.#change(entry, { done: {}, failed: {} });
    this.goOn(entry);
  };

  /** Leaves one stage out, one that failed too; one that is under way is ended first. */
  readonly cancel = async (entry: ExperimentEntry, id: string): Promise<void> => {
    const cancelled = [...entry.progress.cancelled, id];
    this.#change(entry, { failed: without(entry.progress.failed, id), cancelled });
    if (entry.running?.id === id) await this.#work.skip();
  };

  /** A stage that failed or was left out waits again. */
  readonly retry = (entry: ExperimentEntry, id: string): void => {
    const cancelled = entry.progress.cancelled.filter((other) => other !== id);
    this.#change(entry, { failed: without(entry.progress.failed, id), cancelled });
    this.goOn(entry);
  };

  /** Swaps a waiting stage with the waiting one before (-1) or after it (1). */
  readonly move = (entry: ExperimentEntry, id: string, by: -1 | 1): void => {
    const waiting = entry.places.filter(({ state }) => state === 'waiting');
    const at = waiting.findIndex(({ stage }) => stage.id === id);
    const other = waiting[at + by]?.stage.id;
    if (at < 0 || other === undefined) return;
    const order = entry.progress.order.map((stage) =>
      stage === id ? other : stage === other ? id : stage,
    );
    this.#change(entry, { order });
  };

  /** Swaps an experiment with the one before (-1) or after it (1). */
  readonly moveEntry = (entry: ExperimentEntry, by: -1 | 1): void => {
    const other = this.list[this.list.indexOf(entry) + by];
    if (other === undefined) return;
    const places = [other.progress.place, entry.progress.place] as const;
    this.#change(entry, { place: places[0] });
    this.#change(other, { place: places[1] });
    this.list = this.list.toSorted((a, b) => a.progress.place - b.progress.place);
  };

  /** Deletes an experiment with its results. */
  readonly remove = async (entry: ExperimentEntry): Promise<void> => {
    if (entry.running !== undefined) return;
    await this.#work.close(entry);
    this.list = this.list.filter((other) => other !== entry);
    await this.#archive.delete(entry.id);
    await this.#parts.client.api.deleteStored(entry.id);
  };

  /** Deletes what cannot be read. */
  readonly forget = (bad: BadRecord): Promise<void> => this.#archive.forget(bad);

  /** After a lost engine: opens what was open and goes on. */
  readonly recover = async (): Promise<void> => {
    this.job.forget();
    await this.#parts.model.openAgain();
    const entry = this.list.find(({ next }) => next !== undefined);
    if (entry !== undefined) this.goOn(entry);
  };

  /** Asks what is known so far. */
  async #learn(entry: ExperimentEntry): Promise<void> {
    try {
      entry.result = await this.#parts.client.api.experimentResult(entry.id);
    } catch (error) {
      entry.error = asError(error);
    }
  }

  #change(entry: ExperimentEntry, change: Partial<KeptProgress>): void {
    entry.progress = { ...entry.progress, ...change };
    void this.#archive.put(entry.progress);
  }

  #report(): JobReport {
    const entry = this.current;
    if (entry === undefined) return { done: 0, total: 0, unit: 'stages' };
    const { left, share, known } = entry.time;
    return {
      done: entry.count.done,
      total: entry.stages.length,
      share,
      unit: 'stages',
      ...(known && { secondsLeft: left }),
    };
  }
}

function without<Value>(record: Readonly<Record<string, Value>>, key: string) {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}

/** Two tabs would do the same work twice. */
async function onlyOneTab(work: () => Promise<void>, refused: () => void): Promise<void> {
  const locks = (globalThis.navigator as Navigator | undefined)?.locks;
  if (locks === undefined) return work();
  await locks.request('idiolect-experiments', { ifAvailable: true }, (lock) =>
    lock === null ? refused() : work(),
  );
}
