/** How long an experiment will take before it is begun, from a short trial of its first model. */
import { SMALL_MODEL_PARAMETERS } from '../../models/catalog.ts';
import {
  stageSeconds,
  type Known,
  type TaskSizes,
  type UnitCosts,
} from '../experiment/run/estimate.ts';
import { planExperiment } from '../experiment/spec/plan.ts';
import type { Experiment } from '../experiment/spec/schema.ts';
import type { TaskFile } from './experiment-sources.ts';
import type { ExperimentRequest } from '../../workers/protocol.ts';
import type { AppState } from './app-state.svelte.ts';

type Parts = Pick<AppState, 'model' | 'client' | 'activity'>;

export class ExperimentEstimate {
  /** A trial is under way. */
  running = $state(false);
  /** What was measured, and for what. */
  #costs = $state.raw<{ key: string; costs: UnitCosts } | undefined>();
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Measured costs of an experiment like this one; undefined until it was asked. */
  costs(experiment: Experiment): UnitCosts | undefined {
    return this.#costs?.key === costKey(experiment) ? this.#costs.costs : undefined;
  }

  /**
   * Seconds it will take; undefined until a trial was made.
   * @param files those it names
   */
  seconds(
    experiment: Experiment,
    files: Readonly<Record<string, TaskFile>> = {},
  ): number | undefined {
    const costs = this.costs(experiment);
    if (costs === undefined) return undefined;
    const sizes = guessSizes(experiment, files);
    const known: Known = { experiment, sizes, costs, meanTokens: () => undefined };
    return planExperiment(experiment).reduce((sum, stage) => sum + stageSeconds(stage, known), 0);
  }

  /** Whether a trial is quick: of models that come with the page. */
  quick({ models }: Experiment): boolean {
    const { summary } = this.#parts.model;
    return models.every(
      ({ source }) =>
        source === undefined ||
        (summary !== undefined && summary.parameters <= SMALL_MODEL_PARAMETERS),
    );
  }

  /** Makes a short trial; does nothing while something else has the worker. */
  readonly ask = async (request: Omit<ExperimentRequest, 'id'>): Promise<void> => {
    const { activity, client, model } = this.#parts;
    if (this.running || activity.job !== undefined || model.engine === undefined) return;
    this.running = true;
    try {
      const costs = await client.api.estimateExperiment({ ...request, id: 'trial' });
      this.#costs = { key: costKey(request.experiment), costs };
    } catch {
      // Without an estimate the button says nothing about time; the reason shows when it is pressed.
      this.#costs = undefined;
    } finally {
      this.running = false;
    }
  };
}

/** What decides how long a step, an answer and a measurement take. */
const costKey = ({ models, training, lora, evaluation, task }: Experiment): string =>
  JSON.stringify([
    models[0]?.id,
    models[0]?.source,
    training.batchSize,
    lora.rank,
    lora.targets,
    evaluation.maxNewTokens,
    task.kind,
  ]);

/** A question of multiple choice has about so many options. */
const USUAL_OPTIONS = 4;
/** Dialects of the micro-world, each with general text of its own. */
const DIALECTS = 2;

/** What the worker will count once it has read the files: here a record is a question. */
export function guessSizes(
  { task, sets }: Pick<Experiment, 'task' | 'sets'>,
  files: Readonly<Record<string, TaskFile>>,
): TaskSizes {
  const none = { train: 0, validation: 0, test: 0, retention: 0 };
  if (task.kind === 'world') {
    return {
      train: task.trainQuestions,
      validation: task.validationQuestions,
      test: task.testQuestions,
      retention: task.retentionQuestions,
      text: DIALECTS * task.textQuestions,
      options: none,
    };
  }
  const lines = (path: string | undefined, most = Infinity) =>
    Math.min(most, path === undefined ? 0 : (files[path]?.table?.rows.length ?? 0));
  const first = sets.find((set) => set.kind === 'file');
  const sizes = {
    train: lines(first?.path, task.trainQuestions),
    validation: lines(task.validation, task.validationQuestions),
    test: lines(task.test, task.testQuestions),
    retention: lines(task.retention, task.retentionQuestions),
  };
  const chosen = task.answers.kind === 'multiple-choice';
  const others = (task.retentionAnswers ?? task.answers).kind === 'multiple-choice';
  return {
    ...sizes,
    text: lines(task.text, task.textPieces),
    options: {
      train: 0,
      validation: chosen ? USUAL_OPTIONS * sizes.validation : 0,
      test: chosen ? USUAL_OPTIONS * sizes.test : 0,
      retention: others ? USUAL_OPTIONS * sizes.retention : 0,
    },
  };
}
