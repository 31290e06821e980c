/**
 * Runs on the worker, one after another: started together, stopped, gone on with after a reload. It
 * is given what to train and must not know the form that asked.
 */
import { DataError, StoppedError, TrainingDivergedError } from '../errors.ts';
import type { StepReport } from '../metrics/step-report.ts';
import type {
  TrainEvent,
  TrainingPlan,
  TrainRequest,
  TrainSummary,
} from '../../workers/protocol.ts';
import { asError, Job, type Activity, type JobReport } from './job.svelte.ts';
import type { ModelState } from './model.svelte.ts';
import type { OpenedAs } from './opened-as.ts';
import type { RunFailure, RunRecord } from './run-record.ts';
import { timeStamp } from './run-record.ts';
import type { Run, RunsState } from './runs.svelte.ts';
import type { TrainerClient } from './trainer-client.ts';
import type { Notice } from '../notices.ts';

export interface QueueParts {
  activity: Activity;
  client: TrainerClient;
  model: ModelState;
  runs: RunsState;
}

/** One run to come, with what the page knows of it. */
export interface RunOrder {
  request: TrainRequest;
  /** Runs started by one click share it. */
  batch: string;
  slot: number;
  modelId: string;
  openedAs: OpenedAs | undefined;
  vocabSize: number;
  /** Made anew when it is not known. */
  plan: TrainingPlan | undefined;
}

export type PlaceState = 'waiting' | 'preparing' | 'training' | 'finished' | 'stopped' | 'failed';

/** A run's place in the queue, as the page shows it. */
export interface Place {
  id: string;
  label: string;
  slot: number;
  seed: number;
  state: PlaceState;
}

/** A run to start, or one to go on with. */
type Entry = { place: Place; order: RunOrder } | { place: Place; run: Run };

export class RunQueue {
  readonly job: Job;
  /** What the runs wanted to say. */
  notices = $state.raw<readonly Notice[]>([]);
  /** The runs of the last click, in order. */
  places = $state.raw<readonly Place[]>([]);
  /** Left over when the queue was stopped; they follow when the stopped run goes on. */
  #left = $state.raw<readonly Entry[]>([]);
  readonly #parts: QueueParts;

  constructor(parts: QueueParts) {
    this.#parts = parts;
    this.job = new Job(parts.activity, parts.client, { name: 'Training', guarded: true });
  }

  /** The run that has the worker, counted from 1; 0 when none has. */
  readonly current = $derived(
    1 + this.places.findIndex(({ state }) => state === 'preparing' || state === 'training'),
  );
  readonly preparing = $derived(this.places[this.current - 1]?.state === 'preparing');

  /** Trains one after another. A stop or a failure ends the queue. */
  readonly start = (orders: readonly RunOrder[]): Promise<void> =>
    this.#work(
      orders.map((order) => ({
        order,
        place: {
          id: order.request.runId,
          label: order.request.set.name,
          slot: order.slot,
          seed: order.request.training.seed,
          state: 'waiting',
        },
      })),
    );

  /** Goes on from the run's last checkpoint, as it was started, then with what followed it. */
  readonly resume = (run: Run): Promise<void> => {
    const { id, label, slot, record } = run;
    const { seed } = record.settings.training;
    const entry: Entry = { run, place: { id, label, slot, seed, state: 'waiting' } };
    return this.#work([entry, ...this.#followers(run)]);
  };

  /** How many runs follow when this one goes on. */
  leftAfter(run: Run): number {
    return this.#followers(run).length;
  }

  #followers({ id }: Run): readonly Entry[] {
    return this.places.some((place) => place.id === id) ? this.#left : [];
  }

  /** After a lost engine: opens the model anew and goes on from the last checkpoint. */
  readonly recover = async (): Promise<void> => {
    const failed = this.places.find(({ state }) => state === 'failed');
    const run = failed && this.#parts.runs.find(failed.id);
    this.job.forget();
    await this.#parts.model.openAgain();
    if (run !== undefined && this.#parts.model.summary !== undefined) await this.resume(run);
  };

  /**
   * Has the worker load what a run trained, from its last checkpoint, unless it holds it.
   * @throws DataError when the run belongs to another model
   */
  async loadAdapter(run: Run): Promise<void> {
    await this.#parts.client.api.loadRun(await this.#requestOf(run));
  }

  async #work(entries: readonly Entry[]): Promise<void> {
    if (this.#parts.activity.job !== undefined) return;
    this.notices = [];
    this.places = entries.map(({ place }) => place);
    this.#left = [];
    await this.job.run(this.#report(0), async () => {
      for (const [i, entry] of entries.entries()) {
        this.#mark(entry.place, 'preparing');
        try {
          const summary = await ('run' in entry ? this.#goOn(entry.run) : this.#begin(entry.order));
          this.#mark(entry.place, summary?.outcome ?? 'stopped');
          if (summary?.outcome === 'finished') continue;
        } catch (error) {
          this.#mark(entry.place, 'failed');
          this.#left = entries.slice(i + 1);
          throw error;
        }
        // Without a run to go on with, the order itself is still to be done.
        const begun = this.#parts.runs.find(entry.place.id) !== undefined;
        this.#left = entries.slice(begun ? i + 1 : i);
        return;
      }
    });
  }

  /** @returns undefined when it was stopped before it began */
  async #begin(order: RunOrder): Promise<TrainSummary | undefined> {
    const { client, runs } = this.#parts;
    const { request } = order;
    const plan = order.plan ?? (await client.api.planTraining(request));
    if (plan.problems.length > 0) {
      throw new DataError(`The run on “${request.set.name}” cannot start.`, plan.problems);
    }
    if (this.#stopping) return undefined;
    const others = runs.list.filter(({ record }) => record.setId === request.set.id).length;
    const run = await runs.begin(newRecord({ ...order, plan }, others), request);
    return this.#train(run, request);
  }

  async #goOn(run: Run): Promise<TrainSummary | undefined> {
    const { client, runs } = this.#parts;
    const request = await this.#requestOf(run);
    const kept = (await client.api.resumableRuns()).find(({ runId }) => runId === run.id);
    if (this.#stopping) return undefined;
    // Interrupted before its first checkpoint: the same run from its first step.
    runs.goOn(run, kept?.step ?? 0);
    return this.#train(run, { ...request, resume: kept !== undefined });
  }

  async #train(run: Run, request: TrainRequest): Promise<TrainSummary | undefined> {
    const { client, runs } = this.#parts;
    const at = this.current - 1;
    const report = (event: TrainEvent): Promise<void> => {
      if (event.kind === 'notice') this.notices = [...this.notices, event.notice];
      if (event.kind === 'check') runs.note(run, event.check);
      if (event.kind === 'step') {
        this.#mark(this.places[at]!, 'training');
        runs.append(run, event.report);
        this.job.tell(this.#report(at, event.report));
      }
      return Promise.resolve();
    };
    try {
      const training = client.api.train(request, report);
      // Asked before there was anything to stop.
      if (this.#stopping) void client.api.stop();
      const summary = await training;
      await runs.end(run, { state: summary.outcome, summary });
      return summary;
    } catch (error) {
      if (error instanceof StoppedError) {
        await runs.end(run, { state: 'stopped' });
        return undefined;
      }
      await runs.end(run, { state: 'failed', failure: failureOf(asError(error)) });
      throw error;
    }
  }

  get #stopping(): boolean {
    return this.job.status.kind === 'stopping';
  }

  async #requestOf(run: Run): Promise<TrainRequest> {
    const { model, runs } = this.#parts;
    const { modelId } = run.record;
    if (model.summary?.id !== modelId) {
      throw new DataError(`“${run.label}” was trained on ${modelId}; open that model first.`);
    }
    const request = await runs.request(run);
    if (request === undefined) {
      throw new DataError(`The answers “${run.label}” was trained on are no longer kept.`);
    }
    return request;
  }

  #mark({ id }: Place, state: PlaceState): void {
    if (this.places.some((place) => place.id === id && place.state !== state)) {
      this.places = this.places.map((place) => (place.id === id ? { ...place, state } : place));
    }
  }

  /** How far the whole queue is; runs to come are taken to have as many steps as this one. */
  #report(at: number, report?: StepReport): JobReport {
    const count = this.places.length;
    const note = count > 1 ? { note: `run ${at + 1} of ${count}` } : {};
    if (report === undefined) return { done: 0, total: 0, unit: 'steps', ...note };
    const { step, totalSteps, secondsLeft, tokensPerSecond, elapsedSeconds } = report;
    const perStep =
      step < totalSteps ? secondsLeft / (totalSteps - step) : elapsedSeconds / totalSteps;
    const left = (count - at) * totalSteps - step;
    return {
      done: at * totalSteps + step,
      total: count * totalSteps,
      unit: 'steps',
      rate: tokensPerSecond,
      rateUnit: 'tokens',
      ...(Number.isFinite(perStep) && { secondsLeft: left * perStep }),
      ...note,
    };
  }
}

function newRecord(
  { request, plan, batch, slot, modelId, openedAs, vocabSize }: RunOrder,
  /** Runs on the same set that are there already. */
  others: number,
): RunRecord {
  const { runId, set, validation, prompt, encoding, lora, training, checks } = request;
  return {
    ...{ batch, slot, modelId, openedAs, vocabSize, plan },
    id: runId,
    name: others === 0 ? set.name : `${set.name} ${others + 1}`,
    setId: set.id,
    setName: set.name,
    settings: { prompt, encoding, lora, training, checks, validation: validation?.name },
    startedAt: timeStamp(),
    state: 'running',
    resumedAt: [],
  };
}

function failureOf(error: Error): RunFailure {
  const [message = '', ...problems] = error.message.split('\n');
  return {
    name: error.name,
    message,
    problems: problems.map((line) => line.replace(/^- /, '')),
    ...(error instanceof TrainingDivergedError && { step: error.step }),
  };
}
