/** One experiment in the queue: its stages, how far each is, and what is known so far. */
import {
  stageSeconds,
  secondsByPart,
  type Known,
  type TaskSizes,
  type UnitCosts,
} from '../experiment/run/estimate.ts';
import { needsOf, planExperiment, type Stage } from '../experiment/spec/plan.ts';
import type {
  ExperimentRequest,
  ExperimentResult,
  ExperimentProgress,
  LoadProgress,
} from '../../workers/protocol.ts';
import type { KeptProgress, StageFailure } from './experiment-archive.ts';
import type { Notice } from '../notices.ts';

export type StageState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';

/** A stage in the queue, as the page shows it. */
export interface StagePlace {
  stage: Stage;
  state: StageState;
  /** It took so long. */
  seconds: number | undefined;
  failure: StageFailure | undefined;
  /** Ids of failed or cancelled stages without which it cannot be done. */
  blockedBy: readonly string[];
}

/** The stage that is done just now. */
export interface Running {
  id: string;
  began: number;
  doing: ExperimentProgress | undefined;
  /** 0 to 1. */
  share: number;
}

/** Proportions of a small model on two cores, until something has been measured. */
const USUAL: UnitCosts = { answer: 0.015, measure: 0.002, divergence: 0.004, step: 0.1 };
/** From here on what has passed says more about what is left than any trial. */
const TRUSTED_SHARE = 0.2;

export class ExperimentEntry {
  readonly request: ExperimentRequest;
  readonly stages: readonly Stage[];
  progress = $state.raw<KeptProgress>()!;
  /** This tab carries it out, now or when its turn comes. */
  held = $state(false);
  /** Another tab does. */
  elsewhere = $state(false);
  running = $state.raw<Running | undefined>();
  /** A model that is fetched before the next stage can be done. */
  loading = $state.raw<LoadProgress | undefined>();
  result = $state.raw<ExperimentResult | undefined>();
  /** Why it does not go on at all. */
  error = $state.raw<Error | undefined>();
  notices = $state.raw<readonly Notice[]>([]);
  readonly #needs: ReadonlyMap<string, readonly string[]>;

  constructor(request: ExperimentRequest, progress: KeptProgress) {
    this.request = request;
    this.stages = planExperiment(request.experiment);
    this.update(progress);
    this.#needs = new Map(
      this.stages.map((stage) => [stage.id, needsOf(stage, request.experiment)]),
    );
  }

  /** Takes over how far it is kept to be. */
  update(progress: KeptProgress): void {
    const known = { ...progress, order: orderOf(this.stages, progress.order) };
    if (JSON.stringify(known) !== JSON.stringify(this.progress)) this.progress = known;
  }

  get id(): string {
    return this.request.id;
  }

  /** In the order in which they are done. */
  readonly places = $derived.by((): StagePlace[] => {
    const { order, done, failed } = this.progress;
    const byId = new Map(this.stages.map((stage) => [stage.id, stage]));
    return order.map((id) => ({
      stage: byId.get(id)!,
      state: this.#stateOf(id),
      seconds: done[id],
      failure: failed[id],
      blockedBy: [...new Set(this.#blockers(id))],
    }));
  });

  /** The stage to do next; undefined when none is left that can be done. */
  readonly next = $derived.by((): Stage | undefined => {
    const { done } = this.progress;
    return this.places.find(
      ({ stage, state }) =>
        state === 'waiting' && this.#needs.get(stage.id)!.every((need) => need in done),
    )?.stage;
  });

  readonly count = $derived.by((): Record<StageState, number> => {
    const count = { waiting: 0, running: 0, done: 0, failed: 0, cancelled: 0 };
    for (const { state } of this.places) count[state]++;
    return count;
  });

  readonly finished = $derived(this.next === undefined && this.running === undefined);

  /** Seconds of everything, of what is behind, and of what is left; as good as they are known. */
  readonly time = $derived.by(() => {
    const { done, costs } = this.progress;
    const behind = Object.values(done).reduce((sum, seconds) => sum + seconds, 0);
    const expected = this.stages
      .filter(({ id }) => id in done)
      .reduce((sum, stage) => sum + stageSeconds(stage, this.#known), 0);
    // What has been done corrects what was thought.
    const correction = expected > 0 && behind > 0 ? behind / expected : 1;
    const waiting = this.places
      .filter(({ state, blockedBy }) => state === 'waiting' && blockedBy.length === 0)
      .reduce((sum, { stage }) => sum + stageSeconds(stage, this.#known) * correction, 0);
    const running = this.running && this.#runningSeconds(this.running, correction);
    const left = waiting + (running?.left ?? 0);
    const all = behind + (running?.passed ?? 0) + left;
    return {
      left,
      share: all > 0 ? (all - left) / all : 0,
      /** Of the running stage. */
      stageLeft: running?.left,
      known: costs !== undefined || behind > 0,
    };
  });

  begin(id: string): void {
    this.running = { id, began: performance.now(), doing: undefined, share: 0 };
  }

  tell(doing: ExperimentProgress): void {
    const { running } = this;
    const stage = this.stages.find(({ id }) => id === running?.id);
    if (running === undefined || stage === undefined) return;
    const share = shareOf(doing, secondsByPart(stage, this.#known));
    this.running = { ...running, doing, share: Math.max(running.share, share) };
  }

  #stateOf(id: string): StageState {
    if (this.running?.id === id) return 'running';
    const { done, failed, cancelled } = this.progress;
    if (id in done) return 'done';
    if (id in failed) return 'failed';
    return cancelled.includes(id) ? 'cancelled' : 'waiting';
  }

  #blockers(id: string): string[] {
    const { failed, cancelled } = this.progress;
    return this.#needs
      .get(id)!
      .flatMap((need) =>
        need in failed || cancelled.includes(need) ? [need] : this.#blockers(need),
      );
  }

  readonly #known = $derived.by((): Known => {
    const { costs, sizes } = this.progress;
    const sets = new Map(this.result?.report.sets.map((set) => [set.id, set]));
    return {
      experiment: this.request.experiment,
      // An earlier version kept less of both.
      sizes: { ...NO_SIZES, ...sizes },
      costs: { ...USUAL, ...costs },
      meanTokens: (model, set) => sets.get(set)?.familiarity[model]?.meanTokens,
    };
  });

  #runningSeconds({ id, began, share }: Running, correction: number) {
    const passed = (performance.now() - began) / 1000;
    const stage = this.stages.find((planned) => planned.id === id)!;
    const expected = stageSeconds(stage, this.#known) * correction;
    const left = share > TRUSTED_SHARE ? (passed * (1 - share)) / share : expected * (1 - share);
    return { passed, left };
  }
}

/** The kept order; that of the plan where an earlier version cut the experiment into other stages. */
function orderOf(stages: readonly Stage[], kept: readonly string[]): string[] {
  const planned = stages.map(({ id }) => id);
  const same = kept.length === planned.length && planned.every((id) => kept.includes(id));
  return same ? [...kept] : planned;
}

/** How far a stage is; 0 for what goes on in between. */
function shareOf(
  { what, done, total }: ExperimentProgress,
  seconds: Record<string, number>,
): number {
  const parts = Object.entries(seconds);
  const sum = (of: typeof parts) => of.reduce((all, [, partSeconds]) => all + partSeconds, 0);
  const at = parts.findIndex(([name]) => name === what);
  if (at < 0 || sum(parts) === 0) return 0;
  return (sum(parts.slice(0, at)) + (parts[at]![1] * done) / Math.max(1, total)) / sum(parts);
}

const NONE = { train: 0, validation: 0, test: 0, retention: 0 };
const NO_SIZES: TaskSizes = { ...NONE, text: 0, options: NONE };
