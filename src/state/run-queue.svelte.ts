/**
 * Runs on the worker, one after another: started together, stopped, gone on with after a reload. It
 * is given what to train and must not know the form that asked.
 */
import { DataError, StoppedError, TrainingDivergedError } from '../errors.ts';
import type { StepReport } from '../metrics/step-report.ts';
import type { TrainEvent, TrainRequest, TrainSummary } from '../../workers/protocol.ts';
import { asError, Job, type Activity, type JobReport } from './job.svelte.ts';
import type { ModelState } from './model.svelte.ts';
import type { RunFailure, RunRecord, WaitingRun } from './run-record.ts';
import { timeStamp } from './run-record.ts';
import type { Run } from './run.svelte.ts';
import type { RunsState } from './runs.svelte.ts';
import type { TrainerClient } from './trainer-client.ts';
import { notice, type Notice } from '../notices.ts';

export interface QueueParts {
  activity: Activity;
  client: TrainerClient;
  model: ModelState;
  runs: RunsState;
}

/** One run to come, with what the page knows of it; those of one click share a batch. */
export type RunOrder = Omit<WaitingRun, 'id' | 'number' | 'label' | 'seed'> & {
  request: TrainRequest;
};

export type PlaceState =
  'waiting' | 'preparing' | 'training' | 'finished' | 'stopped' | 'failed' | 'elsewhere';

/** A run's place in the queue, as the page shows it. */
export interface Place {
  id: string;
  label: string;
  slot: number;
  seed: number;
  state: PlaceState;
}

export class RunQueue {
  readonly job: Job;
  /** What the runs wanted to say. */
  notices = $state.raw<readonly Notice[]>([]);
  /** The runs of the last click, in order. */
  places = $state.raw<readonly Place[]>([]);
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

  /** Halted runs of the open model, then those that never began: what going on with all does. */
  readonly left = $derived.by((): readonly (Run | WaitingRun)[] => {
    const { runs, model } = this.#parts;
    const modelId = model.summary?.id;
    return [
      ...runs.list.filter(({ unfinished, record }) => unfinished && record.modelId === modelId),
      ...runs.waiting.filter((one) => one.modelId === modelId && !runs.elsewhere.has(one.id)),
    ];
  });

  /** Trains one after another. A stop or a failure ends the queue; what is left of it is kept. */
  readonly start = (orders: readonly RunOrder[]): Promise<void> => {
    const queued = orders.map(({ request, ...order }, number) => ({
      request,
      waiting: {
        ...{ ...order, number },
        id: request.runId,
        label: request.set.name,
        seed: request.training.seed,
      },
    }));
    return this.#work(
      queued.map(({ waiting }) => waiting),
      () => this.#parts.runs.enqueue(queued),
    );
  };

  /** Goes on from the run's last checkpoint, as it was started, then with what followed it. */
  readonly resume = (run: Run): Promise<void> => this.#work([run, ...this.#followers(run)]);

  /** Starts a run that waits, alone. */
  readonly startWaiting = (waiting: WaitingRun): Promise<void> => this.#work([waiting]);

  /** Goes on with every run of the open model that is not at its end. */
  readonly resumeAll = (): Promise<void> => this.#work(this.left);

  /** How many runs follow when this one goes on. */
  leftAfter(run: Run): number {
    return this.#followers(run).length;
  }

  #followers({ record }: Run): readonly WaitingRun[] {
    const { runs } = this.#parts;
    return runs.waiting.filter(
      ({ id, batch, modelId }) =>
        batch === record.batch && modelId === record.modelId && !runs.elsewhere.has(id),
    );
  }

  /** Takes a run that has not begun out of the queue. */
  readonly drop = async (waiting: WaitingRun): Promise<void> => {
    if (await this.#parts.runs.drop(waiting)) {
      this.places = this.places.filter(({ id }) => id !== waiting.id);
    }
  };

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

  async #work(
    entries: readonly (Run | WaitingRun)[],
    before: () => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    const { activity, runs } = this.#parts;
    if (activity.job !== undefined || entries.length === 0) return;
    this.notices = [];
    this.places = entries.map(placeOf);
    await this.job.run(this.#report(0), async () => {
      try {
        await before();
        // All of them at once: another tab must not start what waits here.
        for (const { id } of entries) if (!(await runs.take(id))) this.#leave(id);
        while ((await this.#next()) === 'finished');
      } finally {
        for (const { id } of entries) await runs.give(id);
      }
    });
  }

  /** @returns what became of the run that was next; undefined when none is left */
  async #next(): Promise<PlaceState | undefined> {
    const place = this.places.find(({ state }) => state === 'waiting');
    if (place === undefined) return undefined;
    this.#mark(place, 'preparing');
    const { runs } = this.#parts;
    const run = runs.find(place.id);
    const waiting = runs.waiting.find(({ id }) => id === place.id);
    try {
      const summary = run ? await this.#goOn(run) : waiting && (await this.#begin(waiting));
      const outcome =
        summary?.outcome ?? (run?.status.kind === 'finished' ? 'finished' : 'stopped');
      this.#mark(place, outcome);
      await runs.give(place.id);
      return outcome;
    } catch (error) {
      this.#mark(place, 'failed');
      throw error;
    }
  }

  /** Another tab was faster. */
  #leave(id: string): void {
    const place = this.places.find((one) => one.id === id);
    if (place === undefined) return;
    this.#mark(place, 'elsewhere');
    const text = `“${place.label}” was left out: another tab of this page has it.`;
    this.notices = [...this.notices, notice('info', text)];
  }

  /** @returns undefined when it was stopped before it began */
  async #begin(waiting: WaitingRun): Promise<TrainSummary | undefined> {
    const { client, runs } = this.#parts;
    const request = await this.#requestOf(waiting);
    const plan = waiting.plan ?? (await client.api.planTraining(request));
    if (plan.problems.length > 0) {
      throw new DataError(`The run on “${request.set.name}” cannot start.`, plan.problems);
    }
    if (this.#stopping) return undefined;
    const others = runs.list.filter(({ record }) => record.setId === request.set.id).length;
    const run = await runs.begin(newRecord({ ...waiting, plan }, request, others));
    return this.#train(run, request);
  }

  /** @returns undefined too when there is nothing left to go on with */
  async #goOn(run: Run): Promise<TrainSummary | undefined> {
    if (run.status.kind === 'finished') return undefined;
    const { runs } = this.#parts;
    const request = await this.#requestOf(run);
    if (this.#stopping) return undefined;
    runs.goOn(run);
    return this.#train(run, { ...request, resume: true });
  }

  async #train(run: Run, request: TrainRequest): Promise<TrainSummary | undefined> {
    const { client, runs } = this.#parts;
    const at = this.current - 1;
    const report = (event: TrainEvent): Promise<void> => {
      if (event.kind === 'notice') this.notices = [...this.notices, event.notice];
      if (event.kind === 'begun') runs.begun(run, event.step, event.history);
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

  async #requestOf(run: Run | WaitingRun): Promise<TrainRequest> {
    const { model, runs } = this.#parts;
    const { modelId } = 'record' in run ? run.record : run;
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

function placeOf(entry: Run | WaitingRun): Place {
  const { id, label, slot } = entry;
  const seed = 'record' in entry ? entry.record.settings.training.seed : entry.seed;
  return { id, label, slot, seed, state: 'waiting' };
}

function newRecord(
  { batch, slot, modelId, openedAs, vocabSize, plan }: WaitingRun,
  { runId, set, validation, prompt, encoding, lora, training, checks }: TrainRequest,
  /** Runs on the same set that are there already. */
  others: number,
): RunRecord {
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
