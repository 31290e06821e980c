/**
 * The training form, what it will cost, and the queue of runs that one click starts: the chosen
 * sets, one after another, with equal settings and as many seeds as were asked for.
 */
import { SvelteMap } from 'svelte/reactivity';
import type { ResponseSet } from '../data/response-set.ts';
import { DataError, TrainingDivergedError } from '../errors.ts';
import { defaultsOf, problemsOf, type NumberField } from '../fields.ts';
import { loraFields, type LoraSettings } from '../lora/config.ts';
import type { StepReport } from '../metrics/step-report.ts';
import { trainingFields, type TrainingSettings } from '../train/config.ts';
import type {
  TrainEvent,
  TrainingPlan,
  TrainRequest,
  TrainSummary,
} from '../../workers/protocol.ts';
import { changedFields, fieldsFromAddress, type Addressed } from './address.ts';
import type { AnswerSet, AnswersState } from './answers.svelte.ts';
import type { FamiliarityState } from './familiarity.svelte.ts';
import { asError, Job, type Activity } from './job.svelte.ts';
import type { ModelState } from './model.svelte.ts';
import { newRunId, timeStamp, type RunFailure, type RunRecord } from './run-record.ts';
import type { Run, RunsState } from './runs.svelte.ts';
import type { TrainerClient } from './trainer-client.ts';

export interface TrainingParts {
  activity: Activity;
  client: TrainerClient;
  model: ModelState;
  answers: AnswersState;
  familiarity: FamiliarityState;
  runs: RunsState;
}

export const repeatsField: NumberField = {
  kind: 'number',
  label: 'Seeds',
  help: 'Each set is trained this many times, with the seed, the seed + 1, and so on: only several seeds show how much of a difference is chance.',
  default: 1,
  min: 1,
  max: 20,
  integer: true,
};

export type HeldOut = 'own' | 'common';

/** What the form would start: for the button, and for the plan. */
export interface Order {
  sets: readonly ResponseSet[];
  runs: number;
  steps: number;
}

export type TrainingPhase =
  | { kind: 'idle' }
  /** Encoding the answers and trying one step, to say what it will cost. */
  | { kind: 'preparing'; run: number; runs: number }
  | { kind: 'training'; run: number; runs: number }
  | { kind: 'stopping' }
  | { kind: 'failed'; error: Error };

/** Up to this size a trial step is quick enough to be made unasked. */
const SMALL_MODEL = 20e6;

export class TrainingState implements Addressed {
  readonly lora = $state<LoraSettings>(defaultsOf(loraFields));
  readonly training = $state<TrainingSettings>(defaultsOf(trainingFields));
  repeats = $state(repeatsField.default);
  /** Which answers measure the held-out loss. */
  heldOut = $state<HeldOut>('own');
  /** Ids of the sets to train on, in order of choice; undefined until chosen by hand. */
  chosen = $state.raw<readonly string[] | undefined>();
  /** What the last runs wanted to say. */
  notices = $state.raw<readonly string[]>([]);
  readonly job: Job;

  /** Plans by set, for the settings in `planKey`. */
  readonly #plans = new SvelteMap<string, TrainingPlan>();
  #planKey = $state('');
  planError = $state.raw<Error | undefined>();
  planning = $state(false);
  #place = $state.raw<{ run: number; runs: number; preparing: boolean }>({
    run: 0,
    runs: 0,
    preparing: false,
  });
  readonly #parts: TrainingParts;

  constructor(parts: TrainingParts) {
    this.#parts = parts;
    this.job = new Job(parts.activity, parts.client, { name: 'Training', guarded: true });
  }

  readonly phase = $derived.by((): TrainingPhase => {
    const { status } = this.job;
    if (status.kind === 'idle') return { kind: 'idle' };
    if (status.kind === 'failed') return { kind: 'failed', error: status.error };
    if (status.kind === 'stopping') return { kind: 'stopping' };
    const { run, runs, preparing } = this.#place;
    return { kind: preparing ? 'preparing' : 'training', run, runs };
  });

  /** Sets that can be trained on, with what they are on the page. */
  readonly offered = $derived.by((): { entry: AnswerSet; set: ResponseSet }[] =>
    this.#parts.answers.included.map((set) => ({
      entry: this.#parts.answers.entry(set.id)!,
      set,
    })),
  );

  /** The chosen sets that are there; the first one until chosen by hand. */
  readonly sets = $derived.by((): ResponseSet[] => {
    const offered = this.offered.map(({ set }) => set);
    if (this.chosen === undefined) return offered.slice(0, 1);
    return this.chosen.flatMap((id) => offered.find((set) => set.id === id) ?? []);
  });

  /** The most and the least familiar set, once they are measured. */
  readonly extremes = $derived.by(() => {
    const ranked = this.#parts.familiarity.ranked.map(({ set }) => set);
    const [likeliest, unlikeliest] = [ranked[0], ranked.at(-1)];
    if (likeliest === undefined || unlikeliest === undefined || likeliest === unlikeliest) {
      return undefined;
    }
    return { likeliest, unlikeliest };
  });

  readonly order = $derived.by((): Order => ({
    sets: this.sets,
    runs: this.sets.length * this.repeats,
    steps: this.training.steps,
  }));

  readonly problems = $derived([
    ...problemsOf(trainingFields, this.training),
    ...(this.training.method === 'full' ? [] : problemsOf(loraFields, this.lora)),
  ]);

  /** The values in force, as the fold says them. */
  readonly inForce = $derived.by(() => {
    const { method, learningRate, steps, batchSize, seed } = this.training;
    const adapter = method === 'full' ? 'every weight' : `rank ${this.lora.rank}`;
    const seeds = this.repeats === 1 ? `seed ${seed}` : `${this.repeats} seeds`;
    return `${adapter} · lr ${learningRate} · ${steps} steps of ${batchSize} answers · ${seeds}`;
  });

  /** Held-out answers that are the same for every set, when there are some. */
  readonly common = $derived.by((): ResponseSet | undefined => this.#parts.answers.heldOut);
  readonly #validation = $derived(this.heldOut === 'common' ? this.common : undefined);

  readonly #key = $derived.by(() => {
    const { summary, engine } = this.#parts.model;
    const { prompt, encoding } = this.#parts.answers;
    const data = this.sets.map(({ id, rows }) => [id, rows.length]);
    return JSON.stringify([
      summary?.id,
      engine?.name,
      prompt,
      encoding,
      this.lora,
      this.training,
      this.#validation?.id,
      data,
    ]);
  });

  /** A plan for each chosen set, for the settings as they are now; shorter while they are not known. */
  readonly plans = $derived.by((): TrainingPlan[] =>
    this.#planKey === this.#key ? this.sets.flatMap(({ id }) => this.#plans.get(id) ?? []) : [],
  );
  readonly planned = $derived(this.sets.length > 0 && this.plans.length === this.sets.length);
  /** Seconds of all runs; undefined while they are not known. */
  readonly seconds = $derived.by(() => {
    if (!this.planned || this.plans.some(({ problems }) => problems.length > 0)) return undefined;
    const steps = this.training.steps * this.repeats;
    return this.plans.reduce((sum, { secondsPerStep }) => sum + steps * secondsPerStep, 0);
  });
  /** A plan may be asked for unasked: its trial step is quick. */
  readonly plansItself = $derived.by(
    () => (this.#parts.model.summary?.parameters ?? Infinity) <= SMALL_MODEL,
  );
  readonly canStart = $derived.by(
    () =>
      this.sets.length > 0 &&
      this.problems.length === 0 &&
      this.#parts.model.summary !== undefined &&
      this.#parts.activity.job === undefined &&
      !this.plans.some(({ problems }) => problems.length > 0),
  );

  readonly toggleSet = (id: string): void => {
    const ids = this.sets.map((set) => set.id);
    this.chosen = ids.includes(id) ? ids.filter((other) => other !== id) : [...ids, id];
  };

  readonly chooseExtremes = (): void => {
    if (this.extremes === undefined) return;
    const { likeliest, unlikeliest } = this.extremes;
    this.chosen = [likeliest.id, unlikeliest.id];
  };

  /** Puts the settings of a run back into the form. */
  readonly useSettings = ({ record }: Run): void => {
    const { lora, training, validation } = record.settings;
    Object.assign(this.lora, lora);
    Object.assign(this.training, training);
    this.heldOut = validation === undefined ? 'own' : 'common';
    this.chosen = [record.setId];
  };

  /** Says what the chosen runs will cost; does nothing while something else has the worker. */
  readonly askPlan = async (): Promise<void> => {
    const { activity, client } = this.#parts;
    if (this.planned || this.planning || this.problems.length > 0) return;
    if (activity.job !== undefined || this.#parts.model.summary === undefined) return;
    const key = this.#key;
    this.planning = true;
    try {
      const sets = this.sets;
      const plans: TrainingPlan[] = [];
      for (const set of sets) {
        plans.push(await client.api.planTraining(this.#request(set, '', this.training.seed)));
        if (this.#key !== key) return; // The form has moved on: this is no longer the question.
      }
      this.#plans.clear();
      sets.forEach((set, i) => this.#plans.set(set.id, plans[i]!));
      this.#planKey = key;
      this.planError = undefined;
    } catch (error) {
      this.planError = asError(error);
    } finally {
      this.planning = false;
    }
  };

  /** Trains the chosen sets one after another. A stop or a failure ends the queue. */
  readonly start = async (): Promise<void> => {
    if (!this.canStart) return;
    const batch = newRunId();
    const queue = Array.from({ length: this.repeats }, (_, i) => this.training.seed + i).flatMap(
      (seed) => this.sets.map((set) => ({ set, request: this.#request(set, newRunId(), seed) })),
    );
    this.notices = [];
    await this.job.run(this.#report(0, queue.length, 0), async () => {
      for (const [i, { set, request }] of queue.entries()) {
        this.#place = { run: i + 1, runs: queue.length, preparing: true };
        const plan = await this.#parts.client.api.planTraining(request);
        // A trial step cannot be stopped; the run after it can be left out.
        if (this.job.status.kind === 'stopping') return;
        if (plan.problems.length > 0) {
          throw new DataError(`The run on “${set.name}” cannot start.`, plan.problems);
        }
        const record = this.#record(set, request, plan, batch);
        const run = await this.#parts.runs.begin(record, request);
        const summary = await this.#train(run, request, i, queue.length);
        if (summary.outcome === 'stopped') return;
      }
    });
  };

  /** Goes on from the run's last checkpoint, with the data and settings it was started with. */
  readonly resume = async (run: Run): Promise<void> => {
    const { client, runs } = this.#parts;
    this.notices = [];
    const { steps } = run.record.settings.training;
    await this.job.run({ done: run.outcome.step, total: steps, unit: 'steps' }, async () => {
      this.#place = { run: 1, runs: 1, preparing: true };
      const request = await this.#requestOf(run);
      const kept = (await client.api.resumableRuns()).find(({ runId }) => runId === run.id);
      // Interrupted before its first checkpoint: the same run from its first step.
      runs.goOn(run, kept?.step ?? 0);
      await this.#train(run, { ...request, resume: kept !== undefined }, 0, 1);
    });
  };

  /**
   * Has the worker load a finished run's adapter again, from its last checkpoint.
   * @throws DataError when the run belongs to another model
   */
  async restoreAdapter(run: Run): Promise<void> {
    const { client } = this.#parts;
    const request = await this.#requestOf(run);
    // Going on from the last step ends at once; a run with steps to go must not take them. The first
    // stop may come too early, while the worker still says what another call would cost.
    const unfinished = run.outcome.step < request.training.steps;
    const loaded = client.api.train({ ...request, resume: true }, (event) =>
      event.kind === 'step' ? client.api.stop() : Promise.resolve(),
    );
    if (unfinished) await Promise.all([loaded, client.api.stop()]);
    await loaded;
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

  async #train(
    run: Run,
    request: TrainRequest,
    index: number,
    count: number,
  ): Promise<TrainSummary> {
    const { client, runs } = this.#parts;
    const report = (event: TrainEvent): Promise<void> => {
      if (event.kind === 'notice') this.notices = [...this.notices, event.text];
      if (event.kind === 'step') {
        this.#place = { run: index + 1, runs: count, preparing: false };
        runs.append(run, event.report);
        this.job.tell(this.#report(index, count, event.report.step, event.report));
      }
      return Promise.resolve();
    };
    try {
      const summary = await client.api.train(request, report);
      await runs.end(run, { state: summary.outcome, summary });
      return summary;
    } catch (error) {
      await runs.end(run, { state: 'failed', failure: failureOf(asError(error)) });
      throw error;
    }
  }

  #report(index: number, count: number, step: number, report?: StepReport) {
    const { steps } = this.training;
    const total = report?.totalSteps ?? steps;
    const left = total - step;
    const known = report !== undefined && Number.isFinite(report.secondsLeft) && left > 0;
    return {
      done: index * total + step,
      total: count * total,
      unit: 'steps',
      ...(report && { rate: report.tokensPerSecond, rateUnit: 'tokens' }),
      // Runs that are still to come take as long a step as this one does now.
      ...(known && {
        secondsLeft: report.secondsLeft * (1 + ((count - index - 1) * total) / left),
      }),
      ...(count > 1 && { note: `run ${index + 1} of ${count}` }),
    };
  }

  #request(set: ResponseSet, runId: string, seed: number): TrainRequest {
    const { prompt, encoding } = this.#parts.answers;
    return $state.snapshot({
      runId,
      set,
      ...(this.#validation && { validation: this.#validation }),
      prompt,
      encoding,
      lora: this.lora,
      training: { ...this.training, seed },
      resume: false,
    });
  }

  #record(
    set: ResponseSet,
    { runId, validation, prompt, encoding, lora, training }: TrainRequest,
    plan: TrainingPlan,
    batch: string,
  ): RunRecord {
    const { id: modelId, vocabSize } = this.#parts.model.summary!;
    const others = this.#parts.runs.list.filter(({ record }) => record.setId === set.id).length;
    return {
      id: runId,
      batch,
      name: others === 0 ? set.name : `${set.name} ${others + 1}`,
      setId: set.id,
      setName: set.name,
      slot: this.#parts.answers.entry(set.id)?.slot ?? 1,
      modelId,
      vocabSize,
      settings: { prompt, encoding, lora, training, validation: validation?.name },
      startedAt: timeStamp(),
      plan,
      state: 'running',
      resumedAt: [],
    };
  }

  get addressed(): Record<string, string> {
    return {
      ...changedFields('train.', trainingFields, this.training),
      ...changedFields('lora.', loraFields, this.lora),
      ...changedFields('', { seeds: repeatsField }, { seeds: this.repeats }),
      ...(this.heldOut === 'common' && { heldOut: 'common' }),
      ...(this.chosen && { train: this.chosen.join(' ') }),
    };
  }

  restore(settings: URLSearchParams): void {
    Object.assign(this.training, fieldsFromAddress('train.', trainingFields, settings));
    Object.assign(this.lora, fieldsFromAddress('lora.', loraFields, settings));
    this.repeats = fieldsFromAddress('', { seeds: repeatsField }, settings).seeds ?? this.repeats;
    if (settings.get('heldOut') === 'common') this.heldOut = 'common';
    const chosen = settings.get('train');
    if (chosen !== null) this.chosen = chosen === '' ? [] : chosen.split(' ');
  }
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
