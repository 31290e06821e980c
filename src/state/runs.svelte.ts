/** The runs of this browser, live and past: their logs, whether they are shown, and what became of them. */
import { logsToCsv, logToJsonLines, trainerState } from '../exchange/metrics-export.ts';
import { ColumnLog } from '../metrics/column-log.ts';
import { stepColumns, type StepLog, type StepReport } from '../metrics/step-report.ts';
import type { HeldOutCheck, TrainRequest } from '../../workers/protocol.ts';
import { asError } from './job.svelte.ts';
import type { BadRecord, Kept } from './database.ts';
import { chunkOf } from './log-chunks.ts';
import type { RunArchive } from './run-archive.ts';
import {
  outcomeOf,
  questionsRight,
  withAnswers,
  type RunOutcome,
  type RunRecord,
  type RunStatus,
} from './run-record.ts';

export interface RunsOptions {
  archive?: () => Promise<RunArchive>;
  /** Calls back before the next painting. */
  nextFrame?: (callback: () => void) => void;
}

/** With its checks it is as large as the rest of the page's state, and nothing on screen at first needs it. */
const openArchive = async (): Promise<RunArchive> =>
  new (await import('./run-archive.ts')).RunArchive();

/** Milliseconds between two writes of a running log. */
const WRITE_EVERY = 1000;

/** One run on the page. */
export class Run {
  record: RunRecord;
  readonly log: StepLog;
  /** This page trains it just now. */
  live = $state(false);
  /** Its curves are drawn. */
  shown = $state(true);
  /** The step of a dash: another model than the first run's. */
  dashed = $state(false);
  /** Rows that are in the archive. */
  archived: number;
  /** Points that should be there and could not be read, a sentence each. */
  holes = $state.raw<readonly string[]>([]);
  readonly #version: () => number;

  constructor(record: RunRecord, log: StepLog, version: () => number) {
    this.record = $state.raw(record);
    this.log = log;
    this.archived = log.length;
    this.#version = version;
  }

  get id(): string {
    return this.record.id;
  }

  get label(): string {
    return this.record.name;
  }

  get slot(): number {
    return this.record.slot;
  }

  get resumedAt(): readonly number[] {
    return this.record.resumedAt;
  }

  get divergedAt(): number | undefined {
    return this.record.failure?.step;
  }

  readonly outcome = $derived.by((): RunOutcome => {
    void this.#version();
    return outcomeOf(this.log);
  });

  /** Held-out questions right before and after; undefined unless they were asked both times. */
  readonly counts = $derived.by(() => questionsRight(this.record));

  readonly status = $derived.by((): RunStatus => {
    const { state, failure } = this.record;
    const { step } = this.outcome;
    if (this.live) return { kind: 'running', step };
    if (state === 'running') return { kind: 'interrupted', step };
    if (state === 'stopped') return { kind: 'stopped', step };
    if (state === 'failed' && failure !== undefined) return { kind: 'failed', failure };
    return { kind: 'finished' };
  });
}

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
  #frameAsked = false;
  #lastWrite = -Infinity;
  /** Writes in their order; a failure is told once and ends no training. */
  #writes: Promise<void> = Promise.resolve();

  constructor({
    archive = openArchive,
    nextFrame = (callback) => void requestAnimationFrame(callback),
  }: RunsOptions = {}) {
    this.#archive = archive().then((opened) => {
      opened.onchange(this.#hear);
      return opened;
    });
    this.#nextFrame = nextFrame;
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
    } catch (error) {
      this.refused = `Earlier runs could not be read: ${asError(error).message}`;
    }
  }

  readonly #hear = ({ refused, bad }: Kept): void => {
    this.refused = refused;
    this.bad = bad;
  };

  /** Deletes what cannot be read. */
  readonly forget = async (bad: BadRecord): Promise<void> => (await this.#archive).forget(bad);

  find(id: string): Run | undefined {
    return this.list.find((run) => run.id === id);
  }

  /** Starts a record; the request is kept so that the run can go on after a reload. */
  async begin(record: RunRecord, request: TrainRequest): Promise<Run> {
    const run = this.#make(record, new ColumnLog(stepColumns));
    run.live = true;
    this.list = [...this.list, run];
    this.#dash();
    this.#write((archive) => archive.putRequest(request));
    this.#write((archive) => archive.put(record));
    await this.#writes;
    return run;
  }

  /** The run goes on from the checkpoint of a step: later points will be measured again. */
  readonly goOn = (run: Run, step: number): void => {
    const steps = run.log.column('step');
    const keep = steps.findIndex((reported) => reported > step);
    if (keep >= 0) {
      run.log.truncate(keep);
      run.archived = Math.min(run.archived, keep);
      this.#write((archive) => archive.truncate(run.id, keep));
    }
    run.live = true;
    const { record } = run;
    const resumedAt = [...record.resumedAt, step];
    const answers = record.answers?.filter((check) => check.step <= step) ?? [];
    this.#change(run, { ...record, state: 'running', resumedAt, answers, failure: undefined });
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
    if (name.trim() !== '') this.#change(run, { ...run.record, name: name.trim() });
  };

  readonly remove = (run: Run): void => {
    this.list = this.list.filter((other) => other !== run);
    this.#dash();
    this.#write((archive) => archive.delete(run.id));
  };

  /** What the run was started with. */
  async request(run: Run): Promise<TrainRequest | undefined> {
    return (await this.#archive).request(run.id);
  }

  /** Resolves when everything so far is written. */
  readonly settled = (): Promise<void> => this.#writes;

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
    const from = run.archived;
    run.archived = run.log.length;
    if (run.holes.length > 0) {
      // Rows are counted without the missing ones from now on.
      run.holes = [];
      this.#write((archive) => archive.replaceLog(run.id, run.log));
      return;
    }
    const chunk = chunkOf(run.id, run.log, from);
    this.#write((archive) => archive.append(chunk));
  }

  #write(change: (archive: RunArchive) => Promise<void>): void {
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

/** All columns of some runs below each other, as CSV. */
export function runsCsv(runs: readonly Run[]): string {
  return logsToCsv(runs.map(({ label, log }) => ({ name: label, log })));
}

/** One run as `trainer_state.json`, which other tools plot. */
export function runStateJson({ record, log }: Run): string {
  const { training } = record.settings;
  const state = trainerState(log, {
    trainBatchSize: training.batchSize,
    epochs: log.length === 0 ? 0 : Math.ceil(log.at('epoch', log.length - 1)),
    loggingSteps: training.logEvery,
    evalSteps: training.evaluateEvery,
    saveSteps: training.evaluateEvery,
  });
  return `${JSON.stringify(state, null, 2)}\n`;
}

/** One JSON object a line, as experiment trackers take it. */
export function runJsonLines({ log }: Run): string {
  return logToJsonLines(log);
}

/** Every setting, version and hash of a run. */
export function runManifestJson({ record }: Run): string {
  const { summary, ...facts } = record;
  return `${JSON.stringify({ ...facts, ...summary?.manifest }, null, 2)}\n`;
}
