/**
 * The runs of this browser, live and past: their logs, whether they are shown, and what became of
 * them. A run is changed by the tab that owns it; other tabs see what the archive has of it.
 */
import { ColumnLog } from '../metrics/column-log.ts';
import { stepColumns, type StepLog, type StepReport } from '../metrics/step-report.ts';
import type { HeldOutCheck, RunHistory, TrainRequest } from '../../workers/protocol.ts';
import { asError } from './job.svelte.ts';
import type { BadRecord, DatabaseState } from './database.ts';
import { appendChunks, chunkOf } from './log-chunks.ts';
import type { RunArchive } from './run-archive.ts';
import { withAnswers, type RunRecord, type WaitingRun } from './run-record.ts';
import { Run } from './run.svelte.ts';
import { RunTabs, sameIds } from './run-tabs.svelte.ts';
import { tabOwners, type Owners } from '../storage/owner.ts';

export interface RunsOptions {
  archive?: () => Promise<RunArchive>;
  /** Who owns which run, among the tabs of this page. */
  owners?: Owners;
  /** Calls back before the next painting. */
  nextFrame?: (callback: () => void) => void;
}

/** With its checks it is as large as the rest of the page's state, and nothing on screen at first needs it. */
const openArchive = async (): Promise<RunArchive> =>
  new (await import('./run-archive.ts')).RunArchive();

/** Milliseconds between two writes of a running log. */
const WRITE_EVERY = 1000;

export class RunsState {
  /** Oldest first. */
  list = $state.raw<readonly Run[]>([]);
  /** Raised with new points, at most once a frame: read it, then the columns. */
  version = $state(0);
  /** Why runs will be gone when the page is closed. */
  refused = $state.raw<string | undefined>();
  /** Runs, or what belongs to one, that are kept and cannot be read. */
  bad = $state.raw<readonly BadRecord[]>([]);
  /** What other runs are compared with; the first shown one until chosen. */
  baselineId = $state<string | undefined>();

  /** Runs that have not begun, in the order of the queue. */
  waiting = $state.raw<readonly WaitingRun[]>([]);

  readonly shown = $derived(this.list.filter((run) => run.shown));
  /** Runs of the last click on Train. */
  readonly latest = $derived.by(() => {
    const batch = this.list.at(-1)?.record.batch;
    return this.list.filter((run) => run.record.batch === batch);
  });
  readonly baseline = $derived(
    this.shown.find((run) => run.id === this.baselineId) ?? this.shown[0],
  );

  readonly #archive: Promise<RunArchive>;
  readonly #nextFrame: (callback: () => void) => void;
  readonly #tabs: RunTabs;
  #looking = false;
  /** Rises with every change by this tab. */
  #changes = 0;
  #frameAsked = false;
  #lastWrite = -Infinity;
  /** Writes in their order; a failure is told once and ends no training. */
  #writes: Promise<void> = Promise.resolve();

  constructor({
    archive = openArchive,
    owners = tabOwners(),
    nextFrame = (callback) => void requestAnimationFrame(callback),
  }: RunsOptions = {}) {
    this.#archive = archive().then((opened) => {
      opened.onchange(this.#hear);
      return opened;
    });
    this.#nextFrame = nextFrame;
    this.#tabs = new RunTabs(owners);
  }

  /** Brings back what earlier visits left. */
  async load(): Promise<void> {
    try {
      const archive = await this.#archive;
      const kept = await archive.load();
      kept.sort((a, b) => a.record.startedAt.localeCompare(b.record.startedAt));
      this.list = kept.map(({ record, log, holes }) => {
        const run = this.#make(record, log);
        run.holes = holes;
        return run;
      });
      this.#dash();
      await this.look();
    } catch (error) {
      this.refused = `Earlier runs could not be read: ${asError(error).message}`;
    }
  }

  readonly #hear = ({ refused, bad }: DatabaseState): void => {
    this.refused = refused;
    this.bad = bad;
  };

  /** Deletes what cannot be read. */
  readonly forget = async (bad: BadRecord): Promise<void> => (await this.#archive).forget(bad);

  /** Ids of runs, waiting ones too, that are another tab's. */
  get elsewhere(): ReadonlySet<string> {
    return this.#tabs.elsewhere;
  }

  find(id: string): Run | undefined {
    return this.list.find((run) => run.id === id);
  }

  /**
   * Makes a run this tab's, until `give`. What is known of it is then as another tab left it.
   * @returns false when another tab has it, or deleted it
   */
  async take(id: string): Promise<boolean> {
    const taken = await this.#tabs.take(id);
    this.#mark();
    if (!taken) return false;
    const archive = await this.#archive;
    await this.#writes;
    const run = this.find(id);
    const there = run === undefined ? await archive.isWaiting(id) : await this.#readAgain(run);
    if (!there) await this.give(id);
    return there;
  }

  /** Another tab may have it from now on. */
  async give(id: string): Promise<void> {
    await this.#writes;
    await this.#tabs.give(id);
    this.#mark();
  }

  /** Puts runs at the end of the queue; they are this tab's. */
  async enqueue(orders: readonly { waiting: WaitingRun; request: TrainRequest }[]): Promise<void> {
    for (const { waiting } of orders) await this.#tabs.take(waiting.id);
    this.waiting = [...this.waiting, ...orders.map(({ waiting }) => waiting)];
    this.#write((archive) => archive.enqueue(orders));
    await this.#writes;
  }

  /** Takes a run that has not begun out of the queue. @returns false when it is another tab's */
  readonly drop = async ({ id }: WaitingRun): Promise<boolean> => {
    if (!(await this.#tabs.take(id))) return false;
    this.waiting = this.waiting.filter((one) => one.id !== id);
    this.#write((archive) => archive.delete(id));
    await this.give(id);
    return true;
  };

  /** A run that waited begins. */
  async begin(record: RunRecord): Promise<Run> {
    const run = this.#make(record, new ColumnLog(stepColumns));
    run.live = true;
    run.held = this.#tabs.holds(run.id);
    this.list = [...this.list, run];
    this.waiting = this.waiting.filter(({ id }) => id !== run.id);
    this.#dash();
    this.#write((archive) => archive.begin(record));
    await this.#writes;
    return run;
  }

  /** The run goes on; from where, `begun` says. */
  readonly goOn = (run: Run): void => {
    run.live = true;
    this.#change(run, { ...run.record, state: 'running', failure: undefined });
    this.#show();
  };

  /** The log becomes the checkpoint's: what came after it is measured again, what was lost is back. */
  readonly begun = (run: Run, step: number, { reports, checks }: RunHistory): void => {
    if (reports.length === 0 && run.log.length === 0) return;
    run.log.truncate(0);
    for (const report of reports) run.log.append(report);
    this.#writeWhole(run);
    const resumedAt = [...run.record.resumedAt, ...(step > 0 ? [step] : [])];
    this.#change(run, { ...run.record, resumedAt, answers: checks });
    this.#show();
  };

  readonly append = (run: Run, report: StepReport): void => {
    run.log.append(report);
    this.#show();
    if (performance.now() - this.#lastWrite > WRITE_EVERY) this.#flush(run);
  };

  /** The model's answers to held-out questions at a step. */
  readonly note = (run: Run, check: HeldOutCheck): void =>
    this.#change(run, { ...run.record, answers: withAnswers(run.record.answers ?? [], check) });

  /** Writes what became of it. */
  async end(run: Run, change: Partial<RunRecord>): Promise<void> {
    run.live = false;
    this.#flush(run);
    this.#change(run, { ...run.record, ...change });
    this.#show();
    await this.#writes;
  }

  readonly rename = (run: Run, name: string): void => {
    if (name.trim() !== '' && !run.elsewhere) {
      this.#change(run, { ...run.record, name: name.trim() });
    }
  };

  /**
   * Deletes a run with its curve, and what else there is of it.
   * @returns false when this or another tab is at work on it: then nothing was deleted
   */
  readonly remove = (run: Run, others: () => Promise<void>): Promise<boolean> =>
    this.alone(run.id, async () => {
      this.#leaveOut([run.id]);
      this.#write((archive) => archive.delete(run.id));
      await this.#writes;
      await others();
    });

  /** Does something to a run that nobody else may do meanwhile. @returns false when it is being worked on */
  async alone(id: string, work: () => Promise<void>): Promise<boolean> {
    const taken = !this.#tabs.holds(id) && (await this.#tabs.take(id));
    this.#mark();
    if (!taken) return false;
    try {
      await work();
    } finally {
      await this.give(id);
    }
    return true;
  }

  /** Sees what other tabs do: which runs are theirs, how far those are, which came and went. */
  readonly look = async (): Promise<void> => {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const archive = await this.#archive;
      const changes = this.#changes;
      const moving = await this.#tabs.look();
      const ids = await archive.ids();
      const waiting = await archive.waiting();
      // What this tab has changed meanwhile is not in what was read.
      const current = changes === this.#changes;
      if (current && !sameIds(idsOf(waiting), idsOf(this.waiting))) this.waiting = waiting;
      for (const run of this.list) {
        if (moving.has(run.id) && !this.#tabs.holds(run.id)) await this.#readAgain(run);
      }
      if (current && ids !== undefined) {
        this.#leaveOut(
          this.list
            .filter((run) => !ids.has(run.id) && !this.#tabs.holds(run.id))
            .map(({ id }) => id),
        );
        for (const id of ids) if (this.find(id) === undefined) await this.#bring(archive, id);
      }
      this.#mark();
    } finally {
      this.#looking = false;
    }
  };

  /** What the run is or was started with. */
  async request({ id }: { id: string }): Promise<TrainRequest | undefined> {
    return (await this.#archive).request(id);
  }

  /** Writes every point that is not written yet. */
  readonly flush = (): void => {
    for (const run of this.list) if (run.live) this.#flush(run);
  };

  /** Resolves when everything so far is written. */
  readonly settled = (): Promise<void> => this.#writes;

  #mark(): void {
    for (const run of this.list) {
      run.held = this.#tabs.holds(run.id);
      run.elsewhere = !run.held && this.elsewhere.has(run.id);
    }
  }

  /** Takes over what the archive has of a run. @returns false when it has nothing */
  async #readAgain(run: Run): Promise<boolean> {
    const archive = await this.#archive;
    const record = await archive.record(run.id);
    if (record === undefined) return false;
    // Going on from a checkpoint took rows back, and with holes rows are not where they are counted.
    const anew = run.holes.length > 0 || record.resumedAt.length !== run.record.resumedAt.length;
    const chunks = await archive.chunks(run.id, anew ? 0 : run.archived);
    if (anew) {
      run.log.truncate(0);
      run.archived = 0;
    }
    run.holes = appendChunks(run.log, chunks, run.archived);
    run.archived = run.log.length;
    run.record = record;
    this.#show();
    return true;
  }

  /** A run that another tab has begun. */
  async #bring(archive: RunArchive, id: string): Promise<void> {
    const record = await archive.record(id);
    if (record === undefined || this.find(id) !== undefined) return;
    const run = this.#make(record, new ColumnLog(stepColumns));
    this.list = [...this.list, run].sort((a, b) =>
      a.record.startedAt.localeCompare(b.record.startedAt),
    );
    this.#dash();
    await this.#readAgain(run);
  }

  #leaveOut(ids: readonly string[]): void {
    if (ids.length === 0) return;
    this.list = this.list.filter((run) => !ids.includes(run.id));
    this.#dash();
  }

  #make(record: RunRecord, log: StepLog): Run {
    return new Run(record, log, () => this.version);
  }

  /** The first run's model is drawn solid; every other is a dash. */
  #dash(): void {
    const first = this.list[0]?.record.modelId;
    for (const run of this.list) run.dashed = run.record.modelId !== first;
  }

  #change(run: Run, record: RunRecord): void {
    run.record = record;
    this.#write((archive) => archive.put(record));
  }

  #flush(run: Run): void {
    this.#lastWrite = performance.now();
    if (run.archived === run.log.length) return;
    // Rows are counted without missing ones from now on.
    if (run.holes.length > 0) {
      this.#writeWhole(run);
      return;
    }
    const chunk = chunkOf(run.id, run.log, run.archived);
    run.archived = run.log.length;
    this.#write((archive) => archive.append(chunk));
  }

  /** The log anew, in place of what is kept of it. */
  #writeWhole(run: Run): void {
    run.holes = [];
    run.archived = run.log.length;
    const chunk = chunkOf(run.id, run.log, 0);
    this.#write((archive) => archive.replaceLog(chunk));
  }

  #write(change: (archive: RunArchive) => Promise<void>): void {
    this.#changes++;
    this.#writes = this.#writes.then(async () => {
      try {
        await change(await this.#archive);
      } catch (error) {
        this.refused = `The run could not be written: ${asError(error).message}`;
      }
    });
  }

  #show(): void {
    if (this.#frameAsked) return;
    this.#frameAsked = true;
    this.#nextFrame(() => {
      this.#frameAsked = false;
      this.version++;
    });
  }
}

const idsOf = (runs: readonly WaitingRun[]): ReadonlySet<string> =>
  new Set(runs.map(({ id }) => id));
