/** One run on the page: its record, its log, and what it is doing. */
import type { StepLog } from '../metrics/step-report.ts';
import {
  outcomeOf,
  questionsRight,
  type RunOutcome,
  type RunRecord,
  type RunStatus,
} from './run-record.ts';

export class Run {
  record: RunRecord;
  readonly log: StepLog;
  /** This page trains it just now. */
  live = $state(false);
  /** It is this tab's: trained, or waiting in its queue. */
  held = $state(false);
  /** It is another tab's. */
  elsewhere = $state(false);
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
    if (this.elsewhere) return { kind: 'elsewhere', step };
    if (state === 'running') return { kind: 'interrupted', step };
    if (state === 'stopped') return { kind: 'stopped', step };
    if (state === 'failed' && failure !== undefined) return { kind: 'failed', failure };
    return { kind: 'finished' };
  });

  /** It was stopped, cut off, or failed in a way that may not come again: it can go on. */
  readonly unfinished = $derived.by((): boolean => {
    const { status } = this;
    if (status.kind === 'failed') return status.failure.name !== 'TrainingDivergedError';
    return status.kind === 'stopped' || status.kind === 'interrupted';
  });
}
