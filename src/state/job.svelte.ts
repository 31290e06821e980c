/**
 * One long piece of work at a time, since one worker does them all: what runs, how far it is, how
 * to stop it. A job belongs to the panel that started it, so that its error stands there.
 */
import { StoppedError } from '../errors.ts';
import type { TrainerClient } from './trainer-client.ts';

/** How far a job is. */
export interface JobReport {
  done: number;
  /** 0 while it is not known. */
  total: number;
  /** 0 to 1, where what is counted is coarser than what is known. */
  share?: number;
  /** What is counted: "answers", "steps"; bytes are written as MB. */
  unit: string;
  /** `unit` each second, unless `rateUnit` says otherwise. */
  rate?: number;
  rateUnit?: string;
  secondsLeft?: number;
  /** What it is doing just now. */
  note?: string;
}

export type JobStatus =
  | { kind: 'idle' }
  | { kind: 'running'; report: JobReport }
  | { kind: 'stopping'; report: JobReport }
  | { kind: 'failed'; error: Error };

const IDLE: JobStatus = { kind: 'idle' };

/** After this long without an end, ending the worker is offered. */
const PATIENCE_MS = 4000;

/** The job that has the worker, for the tab's title and for buttons that must wait. */
export class Activity {
  job = $state.raw<Job | undefined>();

  /** Share done, 0 to 1; undefined when nothing runs or the total is not known. */
  readonly share = $derived.by(() => {
    const report = this.job?.report;
    return report && shareOf(report);
  });
}

/** Share done, 0 to 1; undefined when the total is not known. */
export function shareOf({ share, done, total }: JobReport): number | undefined {
  return total === 0 ? undefined : Math.min(1, share ?? done / total);
}

export interface JobOptions {
  /** As a title or a waiting button says it: "Measuring". */
  name: string;
  /** Leaving the page while it runs asks first. */
  guarded?: boolean;
}

export class Job {
  readonly name: string;
  readonly guarded: boolean;
  status = $state.raw<JobStatus>(IDLE);
  /** Stop was asked and nothing has come of it. */
  stuck = $state(false);
  readonly #activity: Activity;
  readonly #client: TrainerClient;
  #patience: ReturnType<typeof setTimeout> | undefined;

  constructor(activity: Activity, client: TrainerClient, options: JobOptions) {
    this.#activity = activity;
    this.#client = client;
    this.name = options.name;
    this.guarded = options.guarded ?? false;
  }

  readonly report = $derived.by((): JobReport | undefined =>
    this.status.kind === 'running' || this.status.kind === 'stopping'
      ? this.status.report
      : undefined,
  );
  readonly running = $derived(this.report !== undefined);
  readonly error = $derived(this.status.kind === 'failed' ? this.status.error : undefined);
  /** Another job has the worker: its name. */
  readonly waitsFor = $derived.by(() => {
    const other = this.#activity.job;
    return other === undefined || other === this ? undefined : other.name;
  });

  /**
   * Runs the work unless something else does.
   * @returns its result; undefined when it was refused, stopped, or failed (then `error` is set)
   */
  async run<Result>(first: JobReport, work: () => Promise<Result>): Promise<Result | undefined> {
    if (this.#activity.job !== undefined) return undefined;
    this.#activity.job = this;
    this.status = { kind: 'running', report: first };
    try {
      const result = await work();
      this.status = IDLE;
      return result;
    } catch (error) {
      this.status =
        error instanceof StoppedError ? IDLE : { kind: 'failed', error: asError(error) };
      return undefined;
    } finally {
      clearTimeout(this.#patience);
      this.stuck = false;
      this.#activity.job = undefined;
    }
  }

  /** A method to hand out: tells how far the work is. */
  readonly tell = (report: JobReport): void => {
    if (this.status.kind === 'running' || this.status.kind === 'stopping') {
      this.status = { kind: this.status.kind, report };
    }
  };

  /** Asks the work to end; it does within one step, or `stuck` becomes true. */
  readonly stop = async (): Promise<void> => {
    if (this.status.kind !== 'running') return;
    this.status = { kind: 'stopping', report: this.status.report };
    this.#patience = setTimeout(() => (this.stuck = this.running), PATIENCE_MS);
    try {
      await this.#client.api.stop();
    } catch {
      // The worker is gone: the work itself rejects with the reason.
    }
  };

  /** Ends the worker; the model has to be opened again. */
  readonly forceStop = (): void => this.#client.terminate();

  /** Takes a failure off the screen. */
  readonly forget = (): void => {
    if (this.status.kind === 'failed') this.status = IDLE;
  };
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
