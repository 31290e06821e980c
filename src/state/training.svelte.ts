/**
 * The training form and what it will cost: the chosen sets, with equal settings and as many seeds as
 * were asked for; one click puts them all into the queue.
 */
import { SMALL_MODEL_PARAMETERS } from '../../models/catalog.ts';
import { SvelteMap } from 'svelte/reactivity';
import type { ResponseSet } from '../data/response-set.ts';
import { checkFields, type CheckSettings } from '../evaluate/config.ts';
import { defaultsOf, problemsOf, type NumberField } from '../fields.ts';
import { loraFields, type LoraSettings } from '../lora/config.ts';
import { trainingFields, type TrainingSettings } from '../train/config.ts';
import type { TrainingPlan, TrainRequest } from '../../workers/protocol.ts';
import { changedFields, fieldsFromAddress, readIds, writeIds, type Addressed } from './address.ts';
import type { AnswerSet } from './answer-set.ts';
import type { AnswersState } from './answers.svelte.ts';
import type { FamiliarityState } from './familiarity.svelte.ts';
import { asError } from './job.svelte.ts';
import { RunQueue, type QueueParts, type RunOrder } from './run-queue.svelte.ts';
import { newRunId } from './run-record.ts';
import type { Run } from './run.svelte.ts';

export interface TrainingParts extends QueueParts {
  answers: AnswersState;
  familiarity: FamiliarityState;
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

export class TrainingState implements Addressed {
  readonly lora = $state<LoraSettings>(defaultsOf(loraFields));
  readonly training = $state<TrainingSettings>(defaultsOf(trainingFields));
  readonly checks = $state<CheckSettings>(defaultsOf(checkFields));
  repeats = $state(repeatsField.default);
  /** Which answers measure the held-out loss. */
  heldOut = $state<HeldOut>('own');
  /** Ids of the sets to train on, in order of choice; undefined until chosen by hand. */
  chosen = $state.raw<readonly string[] | undefined>();
  readonly queue: RunQueue;

  /** Plans by set, for the settings in `planKey`. */
  readonly #plans = new SvelteMap<string, TrainingPlan>();
  #planKey = $state('');
  planError = $state.raw<Error | undefined>();
  planning = $state(false);
  readonly #parts: TrainingParts;

  constructor(parts: TrainingParts) {
    this.#parts = parts;
    this.queue = new RunQueue(parts);
  }

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
    ...problemsOf(checkFields, this.checks),
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
      this.checks,
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
    return this.plans.reduce(
      (sum, { secondsPerStep, secondsToAsk }) =>
        sum + steps * secondsPerStep + this.repeats * secondsToAsk,
      0,
    );
  });
  /** A plan may be asked for unasked: its trial step is quick. */
  readonly plansItself = $derived.by(
    () => (this.#parts.model.summary?.parameters ?? Infinity) <= SMALL_MODEL_PARAMETERS,
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
    const { lora, training, checks, validation } = record.settings;
    Object.assign(this.lora, lora);
    Object.assign(this.training, training);
    Object.assign(this.checks, checks);
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

  /** Puts a run for each seed and set into the queue. */
  readonly start = async (): Promise<void> => {
    if (!this.canStart) return;
    const batch = newRunId();
    const { id: modelId, vocabSize } = this.#parts.model.summary!;
    const { openedAs } = this.#parts.model;
    const plans = this.planned ? this.#plans : undefined;
    const orders: RunOrder[] = [];
    for (let seed = this.training.seed; orders.length < this.order.runs; seed++) {
      for (const set of this.sets) {
        orders.push({
          ...{ batch, modelId, openedAs, vocabSize },
          request: this.#request(set, newRunId(), seed),
          slot: this.#parts.answers.entry(set.id)?.slot ?? 1,
          plan: plans?.get(set.id),
        });
      }
    }
    await this.queue.start(orders);
  };

  #request(set: ResponseSet, runId: string, seed: number): TrainRequest {
    const { prompt, encoding } = this.#parts.answers;
    const settings = $state.snapshot({
      prompt,
      encoding,
      lora: this.lora,
      training: { ...this.training, seed },
      checks: this.checks,
    });
    // Sets are no proxies, and may be too large to copy once more.
    const validation = this.#validation;
    return { runId, set, ...(validation && { validation }), ...settings, resume: false };
  }

  get addressed(): Record<string, string> {
    return {
      ...changedFields('train.', trainingFields, this.training),
      ...changedFields('check.', checkFields, this.checks),
      ...changedFields('lora.', loraFields, this.lora),
      ...changedFields('', { seeds: repeatsField }, { seeds: this.repeats }),
      ...(this.heldOut === 'common' && { heldOut: 'common' }),
      ...(this.chosen && { train: writeIds(this.chosen) }),
    };
  }

  restore(settings: URLSearchParams): void {
    Object.assign(this.training, fieldsFromAddress('train.', trainingFields, settings));
    Object.assign(this.checks, fieldsFromAddress('check.', checkFields, settings));
    Object.assign(this.lora, fieldsFromAddress('lora.', loraFields, settings));
    this.repeats = fieldsFromAddress('', { seeds: repeatsField }, settings).seeds ?? this.repeats;
    if (settings.get('heldOut') === 'common') this.heldOut = 'common';
    const chosen = settings.get('train');
    if (chosen !== null) this.chosen = readIds(chosen);
  }
}
