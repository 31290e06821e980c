/**
 * An experiment under way, piece by piece: each finished piece is kept at once, and what is kept is not
 * done again, so that a killed experiment goes on where it was with the same numbers.
 *
 * Test questions are touched once by each base model and once by each run, after everything about
 * the run is settled; choices are made on validation questions only.
 */
import type { ResponseSet } from '../../data/response-set.ts';
import type { StepReport } from '../../metrics/step-report.ts';
import type { Doers, OpenedModel } from './backend.ts';
import { ask, divergenceFromBase, evaluateSpeaker, type Evaluation } from './evaluate-model.ts';
import { makeSet } from '../sets/make-sets.ts';
import type { Piece } from '../spec/plan.ts';
import type {
  BaseResult,
  FamiliarityResult,
  PieceResult,
  ResultStore,
  RunResult,
  SetResult,
} from './results.ts';
import type { Experiment } from '../spec/schema.ts';
import { styleExamples } from '../sets/style-examples.ts';
import type { Task } from './task.ts';
import { trainArm } from './train-arm.ts';

export interface ExperimentJob {
  experiment: Experiment;
  task: Task;
  /** Sets read from files, by id. */
  files: ReadonlyMap<string, ResponseSet>;
  doers: Doers;
  store: ResultStore;
  /** What is being done now; awaited, so that a page can keep up. */
  report: (stage: Stage) => Promise<void>;
}

export interface Stage {
  piece: Piece;
  what: string;
  done: number;
  total: number;
  /** While training. */
  step?: StepReport;
}

export interface PieceDone {
  piece: Piece;
  result: PieceResult;
  /** True when it was kept from before. */
  kept: boolean;
}

/** One experiment under way: the model that is open, and what earlier pieces found. */
export class ExperimentSession {
  private readonly job: ExperimentJob;
  private readonly results = new Map<string, PieceResult>();
  private open: { id: string; model: OpenedModel } | undefined;

  constructor(job: ExperimentJob) {
    this.job = job;
  }

  /**
   * Finds what is kept of a piece, or does it and keeps it. In which order pieces are settled changes
   * no number, as long as those that a piece needs come before it.
   */
  async settle(piece: Piece): Promise<PieceDone> {
    const known = await this.job.store.read(piece.id);
    const result = known ?? (await this.carryOut(piece));
    if (!known) await this.job.store.write(result);
    this.results.set(result.id, result);
    return { piece, result, kept: known !== undefined };
  }

  /** Frees the model that is open; the next piece opens it again. */
  close(): void {
    this.open?.model.close();
    this.open = undefined;
  }

  private async carryOut(piece: Piece): Promise<PieceResult> {
    switch (piece.kind) {
      case 'base':
        return this.measureBase(piece);
      case 'set':
        return this.makeSet(piece);
      case 'familiarity':
        return this.measureSet(piece);
      case 'run':
        return this.trainArm(piece);
    }
  }

  private async measureBase(piece: Of<'base'>): Promise<BaseResult> {
    const began = this.job.doers.now();
    const evaluation = await this.evaluation(piece, piece.model);
    const { model } = evaluation;
    const measured = await evaluateSpeaker(evaluation, model);
    const own = await ask(evaluation, model, 'training questions', this.job.task.train);
    return {
      kind: 'base',
      id: piece.id,
      model: model.facts,
      ...measured,
      own: own.map(({ response: text, tokens, ended }) => ({ text, tokens, ended })),
      seconds: this.since(began),
    };
  }

  private async makeSet(piece: Of<'set'>): Promise<SetResult> {
    const began = this.job.doers.now();
    const { experiment, task, files, doers } = this.job;
    const made = await makeSet(
      experiment.sets.find(({ id }) => id === piece.set)!,
      {
        experiment,
        task,
        files,
        base: (id) => this.found('base', id),
        made: (id) => this.found('set', id),
        openModel: (id) => this.openModel(id),
        report: this.reporter(piece, 'making the set'),
      },
    );
    const content = made.set.rows.map(({ id, question, response }) => [id, question, response]);
    const sha256 = await doers.hash(JSON.stringify(content));
    return { ...made, sha256, seconds: this.since(began) };
  }

  private async measureSet(piece: Of<'familiarity'>): Promise<FamiliarityResult> {
    const began = this.job.doers.now();
    const { experiment, task } = this.job;
    const { id, model: modelId, set: setId } = piece;
    const model = await this.openModel(modelId);
    const { set } = this.found('set', setId);
    const answers = await model.measure(set, this.reporter(piece, 'familiarity'));
    const prefix =
      experiment.familiarity.styleExamples > 0
        ? styleExamples(experiment, task, this.found('base', modelId))
        : undefined;
    const styled =
      prefix && (await model.measure(prefix(set), this.reporter(piece, 'familiarity in style')));
    return {
      kind: 'familiarity',
      ...{ id, model: modelId, set: setId },
      answers,
      ...(styled && { styled }),
      seconds: this.since(began),
    };
  }

  private async trainArm(piece: Of<'run'>): Promise<RunResult> {
    const { doers, report } = this.job;
    const began = doers.now();
    const evaluation = await this.evaluation(piece, piece.model);
    const { id, model, set, seed } = piece;
    const run = { id, model, set, seed };
    const { trained, ...training } = await trainArm({
      ...evaluation,
      run,
      set: this.found('set', piece.set),
      familiarity: (other) => this.found('familiarity', `${model}.${other}`),
      onStep: (step, done, total) => report({ piece, what: 'training', done, total, step }),
    });
    const trainedIn = this.since(began);
    try {
      const measured = await evaluateSpeaker(evaluation, trained);
      const base = this.found('base', piece.model);
      return {
        kind: 'run',
        ...run,
        ...training,
        trainedTokens: trained.trainedTokens,
        ...(trained.masked && { masked: trained.masked }),
        ...measured,
        divergence: await divergenceFromBase(evaluation, trained, base),
        seconds: { training: trainedIn, evaluation: this.since(began) - trainedIn },
      };
    } finally {
      trained.dispose();
    }
  }

  private async evaluation(piece: Piece, modelId: string): Promise<Evaluation> {
    const { experiment, task } = this.job;
    const model = await this.openModel(modelId);
    return { experiment, task, model, progress: (what) => this.reporter(piece, what) };
  }

  private async openModel(id: string): Promise<OpenedModel> {
    if (this.open?.id !== id) {
      this.close();
      const spec = this.job.experiment.models.find((model) => model.id === id)!;
      this.open = { id, model: await this.job.doers.openModel(spec) };
    }
    return this.open.model;
  }

  private reporter(piece: Piece, what: string) {
    return (done: number, total: number) => this.job.report({ piece, what, done, total });
  }

  private since(began: number): number {
    return (this.job.doers.now() - began) / 1000;
  }

  /** An earlier piece: the plan's order sees to it that it is there. */
  private found<Kind extends PieceResult['kind']>(kind: Kind, name: string) {
    return this.results.get(`${kind}.${name}`) as Extract<PieceResult, { kind: Kind }>;
  }
}

type Of<Kind extends Piece['kind']> = Extract<Piece, { kind: Kind }>;
