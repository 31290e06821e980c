/**
 * An experiment under way, stage by stage: each finished stage is kept at once, and what is kept is not
 * done again, so that a killed experiment goes on where it was with the same numbers.
 *
 * Test questions are touched once by each base model and once by each run, after everything about
 * the run is settled; choices are made on validation questions only.
 */
import type { ResponseSet } from '../../data/response-set.ts';
import type { Notice } from '../../notices.ts';
import type { StepReport } from '../../metrics/step-report.ts';
import type { ExperimentBackend, BaseModel, MeasuredFamiliarity } from './backend.ts';
import { ask, divergenceFromBase, evaluateModel, type Evaluation } from './evaluate-model.ts';
import type { MeasuredRows } from './measurement.ts';
import { makeSet } from '../sets/make-sets.ts';
import type { Stage } from '../spec/plan.ts';
import type {
  BaseResult,
  FamiliarityResult,
  StageResult,
  ResultStore,
  RunResult,
  SetResult,
} from './results.ts';
import type { Experiment } from '../spec/schema.ts';
import { rememberedBase } from './remembered-model.ts';
import { StageLog } from './stage-log.ts';
import { styleExamples } from '../sets/style-examples.ts';
import type { Task } from './task.ts';
import { trainArm } from './train-arm.ts';

export interface ExperimentJob {
  experiment: Experiment;
  task: Task;
  /** Sets read from files, by id. */
  files: ReadonlyMap<string, ResponseSet>;
  backend: ExperimentBackend;
  store: ResultStore;
  /** What is being done now; awaited, so that a page can keep up. */
  report: (doing: StageProgress) => Promise<void>;
  /** What a stage could not keep of its work, or not read again. */
  notice?: (notice: Notice) => void;
}

export interface StageProgress {
  stage: Stage;
  what: string;
  done: number;
  total: number;
  /** While training. */
  step?: StepReport;
}

export interface StageDone {
  stage: Stage;
  result: StageResult;
  /** True when it was kept from before. */
  kept: boolean;
}

/** One experiment under way: the model that is open, and what earlier stages found. */
export class ExperimentRunner {
  private readonly job: ExperimentJob;
  private readonly results = new Map<string, StageResult>();
  private open: { id: string; model: BaseModel } | undefined;

  constructor(job: ExperimentJob) {
    this.job = job;
  }

  /**
   * Finds what is kept of a stage, or does it and keeps it. In which order stages are settled changes
   * no number, as long as those that a stage needs come before it.
   */
  async settle(stage: Stage): Promise<StageDone> {
    const known = await this.job.store.read(stage.id);
    const result = known ?? (await this.carryOut(stage));
    this.results.set(result.id, result);
    return { stage, result, kept: known !== undefined };
  }

  /** Frees the model that is open; the next stage opens it again. */
  close(): void {
    this.open?.model.close();
    this.open = undefined;
  }

  /** Goes on where the stage was, should it have been interrupted, and keeps it. */
  private async carryOut(stage: Stage): Promise<StageResult> {
    const { store, backend, notice } = this.job;
    const log = await StageLog.open(stage.id, {
      store,
      now: () => backend.now(),
      notice: (one) => notice?.(one),
    });
    let result: StageResult;
    try {
      result = await this.resultOf(stage, log);
      await store.write(result);
    } catch (error) {
      await log.failed(error);
      throw error;
    }
    await log.clear();
    return result;
  }

  private async resultOf(stage: Stage, log: StageLog): Promise<StageResult> {
    switch (stage.kind) {
      case 'base':
        return this.measureBase(stage, log);
      case 'set':
        return this.makeSet(stage, log);
      case 'familiarity':
        return this.measureSet(stage, log);
      case 'run':
        return this.trainArm(stage, log);
    }
  }

  private async measureBase(stage: Of<'base'>, log: StageLog): Promise<BaseResult> {
    const evaluation = await this.evaluation(stage, stage.model, log);
    const { model } = evaluation;
    const measured = await evaluateModel(evaluation, model);
    // Its own answers are written, also where a question has options.
    const train = this.job.task.train.map(({ options: _, ...question }) => question);
    const ownAnswers = await ask(evaluation, model, 'training questions', train);
    return {
      kind: 'base',
      id: stage.id,
      model: model.facts,
      ...measured,
      own: ownAnswers.map(({ response: text, tokens, ended }) => ({ text, tokens, ended })),
      seconds: log.seconds(),
    };
  }

  private async makeSet(stage: Of<'set'>, log: StageLog): Promise<SetResult> {
    const { experiment, task, files, backend } = this.job;
    const made = await makeSet(
      experiment.sets.find(({ id }) => id === stage.set)!,
      {
        experiment,
        task,
        files,
        base: (id) => this.found('base', id),
        made: (id) => this.found('set', id),
        openModel: (id) => this.openModel(id, log),
        report: this.reporter(stage, 'making the set'),
      },
    );
    const content = made.set.rows.map(({ id, question, response }) => [id, question, response]);
    const sha256 = await backend.hash(JSON.stringify(content));
    return { ...made, sha256, seconds: log.seconds() };
  }

  private async measureSet(stage: Of<'familiarity'>, log: StageLog): Promise<FamiliarityResult> {
    const { experiment, task } = this.job;
    const { id, model: modelId, set: setId } = stage;
    const model = await this.openModel(modelId, log);
    const { set } = this.found('set', setId);
    const plain = await model.familiarity(set, this.reporter(stage, 'familiarity'));
    const prefix =
      experiment.familiarity.styleExamples > 0
        ? styleExamples(experiment, task, this.found('base', modelId))
        : undefined;
    const styled =
      prefix &&
      (await model.familiarity(prefix(set), this.reporter(stage, 'familiarity in style')));
    const { answers, measurement, notices } = plain;
    await this.job.store.writeMeasurement(id, {
      ...measurement,
      ...(styled && { styled: rowsOf(styled) }),
    });
    return {
      kind: 'familiarity',
      ...{ id, model: modelId, set: setId },
      answers,
      ...(styled && { styled: styled.answers }),
      recorded: true,
      ...(notices.length > 0 && { notices }),
      seconds: log.seconds(),
    };
  }

  private async trainArm(stage: Of<'run'>, log: StageLog): Promise<RunResult> {
    const { report } = this.job;
    const evaluation = await this.evaluation(stage, stage.model, log);
    const { id, model, set, seed } = stage;
    const run = { id, model, set, seed };
    const { trained, ...training } = await trainArm({
      ...evaluation,
      run,
      set: this.found('set', stage.set),
      familiarity: (other) => this.found('familiarity', `${model}.${other}`),
      onStep: (step, done, total) => report({ stage, what: 'training', done, total, step }),
    });
    const trainedIn = await log.once('trained in', () => Promise.resolve(log.seconds()));
    try {
      const measured = await evaluateModel(evaluation, trained);
      const base = this.found('base', stage.model);
      return {
        kind: 'run',
        ...run,
        ...training,
        trainedTokens: trained.trainedTokens,
        ...(trained.masked && { masked: trained.masked }),
        ...(trained.notices?.length && { notices: trained.notices }),
        ...measured,
        divergence: await divergenceFromBase(evaluation, trained, base),
        seconds: { training: trainedIn, evaluation: log.seconds() - trainedIn },
      };
    } finally {
      trained.dispose();
    }
  }

  private async evaluation(stage: Stage, modelId: string, log: StageLog): Promise<Evaluation> {
    const { experiment, task } = this.job;
    const model = await this.openModel(modelId, log);
    return { experiment, task, model, log, progress: (what) => this.reporter(stage, what) };
  }

  private async openModel(id: string, log: StageLog): Promise<BaseModel> {
    if (this.open?.id !== id) {
      this.close();
      const spec = this.job.experiment.models.find((model) => model.id === id)!;
      this.open = { id, model: await this.job.backend.openModel(spec) };
    }
    return rememberedBase(this.open.model, log);
  }

  private reporter(stage: Stage, what: string) {
    return (done: number, total: number) => this.job.report({ stage, what, done, total });
  }

  /** An earlier stage: the plan's order sees to it that it is there. */
  private found<Kind extends StageResult['kind']>(kind: Kind, name: string) {
    return this.results.get(`${kind}.${name}`) as Extract<StageResult, { kind: Kind }>;
  }
}

function rowsOf({ measurement: { rows, skipped } }: MeasuredFamiliarity): MeasuredRows {
  return { rows, skipped };
}

type Of<Kind extends Stage['kind']> = Extract<Stage, { kind: Kind }>;
