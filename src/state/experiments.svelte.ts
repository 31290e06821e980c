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
import { ELSEWHERE, Holdings } from '../storage/owner.ts';
import { asError, Job, type JobReport } from './job.svelte.ts';
import type { AppState } from './app-state.svelte.ts';
import { newRunId, timeStamp } from './run-record.ts';

type Parts = Pick<AppState, 'activity' | 'client' | 'model' | 'answers' | 'fetchFile' | 'owners'>;

const ownerName = (id: string): string => `experiment/${id}`;
/** So long after loading, what a page that is just being closed still owns is taken over, milliseconds. */
const RELOADING = 3000;

export class ExperimentsState {
  readonly job: Job;
  readonly draft: ExperimentDraft;
  readonly estimate: ExperimentEstimate;
  /** In the order of the queue. */
  list = $state.raw<readonly ExperimentEntry[]>([]);
  /** Whose results are on screen. */
  #shownId = $state<string | undefined>();
  /** Why experiments will be gone when the page is closed. */
  refused = $state.raw<string | undefined>();
  /** Experiments that are kept and cannot be read. */
  bad = $state.raw<readonly BadRecord[]>([]);
  readonly #parts: Parts;
  readonly #work: ExperimentWork;
  readonly #archive: ExperimentArchive;
  readonly #holdings: Holdings;
  #loadedAt = -Infinity;
  #looking = false;
  /** Rises with every change by this tab. */
  #changes = 0;

  constructor(parts: Parts, archive = new ExperimentArchive()) {
    this.#parts = parts;
    this.#archive = archive;
    this.#holdings = new Holdings(parts.owners);
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
      this.list.find((entry) => entry.held && entry.progress.going && entry.next !== undefined),
  );
  /** Something waits to be done and nothing else has the worker. */
  readonly due = $derived.by(
    () => this.current !== undefined && this.#parts.activity.job === undefined,
  );

  async load(): Promise<void> {
    const kept = await this.#archive.load();
    this.list = kept
      .map(({ request, progress }) => new ExperimentEntry(request, progress))
      .sort((a, b) => a.progress.place - b.progress.place);
    this.#loadedAt = performance.now();
    for (const entry of this.list) if (waits(entry)) await this.#take(entry);
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
    await this.#holdings.take(ownerName(entry.id));
    entry.held = true;
    this.#changes++;
    await this.#archive.add({ request: numbered, progress: entry.progress });
    this.list = [...this.list, entry];
    this.#shownId = entry.id;
    return entry;
  };

  /** Does what waits, one stage after another, until nothing is left or someone pauses. */
  readonly work = async (): Promise<void> => {
    if (!this.due) return;
    await this.job.run(this.#report(), () => this.#work.all());
    await this.#giveBack();
  };

  /** Stops within one step; the stage that was under way is done anew when it goes on. */
  readonly pause = async (): Promise<void> => {
    for (const entry of this.list) if (entry.held) this.#change(entry, { going: false });
    await this.job.stop();
    await this.#giveBack();
  };

  readonly goOn = async (entry: ExperimentEntry): Promise<void> => {
    if (!(await this.#take(entry))) return;
    entry.error = undefined;
    this.job.forget();
    this.#change(entry, { going: true });
    if (!waits(entry)) await this.#giveBack();
  };

  /** Forgets what is kept of it and does everything anew. */
  readonly startOver = async (entry: ExperimentEntry): Promise<void> => {
    if (!(await this.#take(entry))) return;
    await this.#work.close(entry);
    await this.#parts.client.api.deleteStored(entry.id);
    entry.result = undefined;
    this.#change(entry, { done: {}, failed: {} });
    await this.goOn(entry);
  };

  /** Leaves one stage out, one that failed too; one that is under way is ended first. */
  readonly cancel = async (entry: ExperimentEntry, id: string): Promise<void> => {
    if (entry.elsewhere) return;
    const cancelled = [...entry.progress.cancelled, id];
    this.#change(entry, { failed: without(entry.progress.failed, id), cancelled });
    if (entry.running?.id === id) await this.#work.skip();
  };

  /** A stage that failed or was left out waits again. */
  readonly retry = async (entry: ExperimentEntry, id: string): Promise<void> => {
    if (!(await this.#take(entry))) return;
    const cancelled = entry.progress.cancelled.filter((other) => other !== id);
    this.#change(entry, { failed: without(entry.progress.failed, id), cancelled });
    await this.goOn(entry);
  };

  /** Swaps a waiting stage with the waiting one before (-1) or after it (1). */
  readonly move = (entry: ExperimentEntry, id: string, by: -1 | 1): void => {
    if (entry.elsewhere) return;
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
    if (other === undefined || entry.elsewhere || other.elsewhere) return;
    const places = [other.progress.place, entry.progress.place] as const;
    this.#change(entry, { place: places[0] });
    this.#change(other, { place: places[1] });
    this.list = this.list.toSorted((a, b) => a.progress.place - b.progress.place);
  };

  /** Deletes an experiment with its results. @returns false when this or another tab is at work on it */
  readonly remove = async (entry: ExperimentEntry): Promise<boolean> => {
    if (entry.running !== undefined || !(await this.#take(entry))) return false;
    await this.#work.close(entry);
    this.list = this.list.filter((other) => other !== entry);
    this.#changes++;
    await this.#archive.delete(entry.id);
    await this.#parts.client.api.deleteStored(entry.id);
    await this.#holdings.release(ownerName(entry.id));
    return true;
  };

  /** The same by its id; without a place in the queue its files alone are left. */
  async removeStored(id: string): Promise<boolean> {
    const entry = this.list.find((experiment) => experiment.id === id);
    if (entry !== undefined) return this.remove(entry);
    const remove = (): Promise<void> => this.#parts.client.api.deleteStored(id);
    return (await this.#parts.owners.alone(ownerName(id), remove)) !== ELSEWHERE;
  }

  /** Sees what other tabs do: which experiments are theirs, how far those are, which came and went. */
  readonly look = async (): Promise<void> => {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const changes = this.#changes;
      const owned = await this.#holdings.elsewhere();
      const kept = await this.#archive.progress();
      for (const entry of this.list) entry.elsewhere = owned.has(ownerName(entry.id));
      // What this tab has changed meanwhile is not in what was read.
      if (kept === undefined || changes !== this.#changes) return;
      const byId = new Map(kept.map((progress) => [progress.id, progress]));
      const there = this.list.filter((entry) => entry.held || byId.has(entry.id));
      if (there.length < this.list.length) this.list = there;
      for (const entry of this.list) {
        if (!entry.held) await this.#takeOver(entry, byId.get(entry.id)!);
      }
      for (const progress of kept) await this.#bring(progress);
    } finally {
      this.#looking = false;
    }
  };

  /** Deletes what cannot be read. */
  readonly forget = (bad: BadRecord): Promise<void> => this.#archive.forget(bad);

  /** After a lost engine: opens what was open and goes on. */
  readonly recover = async (): Promise<void> => {
    this.job.forget();
    await this.#parts.model.openAgain();
    const entry = this.list.find(({ next }) => next !== undefined);
    if (entry !== undefined) await this.goOn(entry);
  };

  /** Asks what is known so far. */
  async #learn(entry: ExperimentEntry): Promise<void> {
    try {
      entry.result = await this.#parts.client.api.experimentResult(entry.id);
    } catch (error) {
      entry.error = asError(error);
    }
  }

  /** Makes it this tab's, as it is now. @returns false when it is another tab's */
  async #take(entry: ExperimentEntry): Promise<boolean> {
    if (entry.held) return true;
    entry.held = await this.#holdings.take(ownerName(entry.id));
    entry.elsewhere = !entry.held;
    const kept = entry.held ? await this.#archive.progress() : undefined;
    const now = kept?.find(({ id }) => id === entry.id);
    if (now !== undefined) entry.update(now);
    return entry.held;
  }

  /** Another tab may have what this one has nothing more to do for. */
  async #giveBack(): Promise<void> {
    if (this.job.running) return;
    for (const entry of this.list) {
      if (!entry.held || waits(entry)) continue;
      await this.#holdings.release(ownerName(entry.id));
      entry.held = false;
    }
  }

  /** How far another tab came. */
  async #takeOver(entry: ExperimentEntry, progress: KeptProgress): Promise<void> {
    const more = Object.keys(progress.done).length !== entry.count.done;
    entry.update(progress);
    if (more && entry === this.shown) await this.#learn(entry);
    const reloading = performance.now() - this.#loadedAt < RELOADING;
    if (reloading && !entry.elsewhere && waits(entry)) await this.#take(entry);
  }

  /** One that another tab has added. */
  async #bring(progress: KeptProgress): Promise<void> {
    if (this.list.some(({ id }) => id === progress.id)) return;
    const request = await this.#archive.request(progress.id);
    if (request === undefined) return;
    const entry = new ExperimentEntry(request, progress);
    this.list = [...this.list, entry].sort((a, b) => a.progress.place - b.progress.place);
  }

  #change(entry: ExperimentEntry, change: Partial<KeptProgress>): void {
    this.#changes++;
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

/** It is to be carried out, and something of it can be. */
const waits = (entry: ExperimentEntry): boolean => entry.progress.going && entry.next !== undefined;
