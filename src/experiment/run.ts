/**
 * Carries an experiment out, piece by piece: each finished piece is kept at once, and what is kept
 * is not done again, so that a killed experiment goes on where it was with the same numbers.
 *
 * Test questions are touched once by each base model and once by each run, after everything about
 * the run is settled; choices are made on validation questions only.
 */
import type { ResponseSet } from '../data/response-set.ts';
import { answerPlace } from '../evaluate/answer-place.ts';
import { evaluateAnswers, type EvaluationQuestion, type Outcome } from '../evaluate/accuracy.ts';
import type { StepReport } from '../metrics/step-report.ts';
import type { ArmRequest, Doers, OpenedModel, Speaker, TrainedModel } from './doers.ts';
import { makeSet, validationSet } from './make-sets.ts';
import { planExperiment, type Piece } from './plan.ts';
import type {
  BaseResult,
  CurvePoint,
  FamiliarityResult,
  PieceResult,
  ResultStore,
  RunResult,
  ScoredAnswer,
  SetResult,
} from './results.ts';
import { answerRule, type Experiment } from './schema.ts';
import type { Task } from './task.ts';

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

/** Yields each piece as it is finished or found. @throws whatever the doers throw, StoppedError too */
export async function* runExperiment(job: ExperimentJob): AsyncGenerator<PieceDone, void> {
  const session = new ExperimentSession(job);
  try {
    for (const piece of planExperiment(job.experiment)) yield await session.settle(piece);
  } finally {
    session.close();
  }
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
        return this.measureSets(piece);
      case 'run':
        return this.trainArm(piece);
    }
  }

  private async measureBase(piece: Of<'base'>): Promise<BaseResult> {
    const began = this.job.doers.now();
    const { task } = this.job;
    const model = await this.openModel(piece.model);
    const test = await this.ask(piece, model, model, 'test questions', task.test);
    const retention = await this.ask(piece, model, model, 'other tasks', task.retention);
    const own = await this.ask(piece, model, model, 'training questions', task.train);
    return {
      kind: 'base',
      id: piece.id,
      model: model.facts,
      test,
      retention,
      retentionNll: await this.retentionNll(piece, model, piece.model),
      goldNll: await this.goldNll(piece, model, test),
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

  private async measureSets(piece: Of<'familiarity'>): Promise<FamiliarityResult> {
    const began = this.job.doers.now();
    const model = await this.openModel(piece.model);
    const sets: Record<string, ScoredAnswer[]> = {};
    for (const { id } of this.job.experiment.sets) {
      const { set } = this.found('set', id);
      sets[id] = await model.measure(set, this.reporter(piece, `familiarity of ${id}`));
    }
    return { kind: 'familiarity', id: piece.id, sets, seconds: this.since(began) };
  }

  private async trainArm(piece: Of<'run'>): Promise<RunResult> {
    const { experiment, task, doers } = this.job;
    const began = doers.now();
    const model = await this.openModel(piece.model);
    const { trained, ...training } = await this.chooseRate(piece, model);
    const trainedIn = this.since(began);
    try {
      const test = await this.ask(piece, model, trained, 'test questions', task.test);
      const retention = await this.ask(piece, model, trained, 'other tasks', task.retention);
      const retentionNll = await this.retentionNll(piece, trained, piece.model);
      const goldNll = await this.goldNll(piece, trained, test);
      const { id, model: modelId, set, seed } = piece;
      return {
        kind: 'run',
        id,
        model: modelId,
        set,
        seed,
        steps: this.stepsFor(experiment, piece),
        ...training,
        trainedTokens: trained.trainedTokens,
        test,
        retention,
        retentionNll,
        goldNll,
        seconds: { training: trainedIn, evaluation: this.since(began) - trainedIn },
      };
    } finally {
      trained.dispose();
    }
  }

  /** Trains once for each learning rate of the grid and keeps the best on validation questions. */
  private async chooseRate(piece: Of<'run'>, model: OpenedModel) {
    const { learningRates, training } = this.job.experiment;
    const rates = learningRates.length > 0 ? learningRates : [training.learningRate];
    const choice: RunResult['choice'] = [];
    let best:
      { trained: TrainedModel; curve: CurvePoint[]; rate: number; correct: number } | undefined;
    // From the smallest rate up, so that of equals the gentlest is kept.
    for (const rate of [...rates].sort((a, b) => a - b)) {
      const { trained, curve } = await this.trainOnce(piece, model, rate);
      let correct = 0;
      if (rates.length > 1) {
        const { validation } = this.job.task;
        const outcomes = await this.ask(piece, model, trained, 'validation questions', validation);
        correct = outcomes.filter(({ strict }) => strict).length;
        choice.push({ learningRate: rate, correct, n: outcomes.length });
      }
      if (best && correct <= best.correct) trained.dispose();
      else {
        best?.trained.dispose();
        best = { trained, curve, rate, correct };
      }
    }
    const { trained, curve, rate } = best!;
    return { trained, curve, learningRate: rate, choice };
  }

  private async trainOnce(piece: Of<'run'>, model: OpenedModel, learningRate: number) {
    const { experiment, task } = this.job;
    const spec = experiment.sets.find(({ id }) => id === piece.set)!;
    const seed = experiment.task.kind === 'world' ? experiment.task.seed : 0;
    const steps = this.stepsFor(experiment, piece);
    const request: ArmRequest = {
      set: this.found('set', piece.set).set,
      validation: validationSet(spec, { task }, seed),
      training: { ...experiment.training, learningRate, steps, seed: piece.seed },
      lora: experiment.lora,
    };
    const curve: CurvePoint[] = [];
    const trained = await model.train(request, async (report) => {
      const { step, tokensSeen, loss, validationLoss } = report;
      curve.push({
        step,
        tokens: tokensSeen,
        loss: Number.isFinite(loss) ? loss : null,
        ...(validationLoss !== undefined && { validationLoss }),
      });
      await this.job.report({ piece, what: 'training', done: step, total: steps, step: report });
    });
    return { trained, curve };
  }

  /** The same steps for all, or about the same answer tokens. */
  private stepsFor({ budget, training, sets }: Experiment, { model, set }: Of<'run'>): number {
    if (budget === 'equal-steps') return training.steps;
    const familiarity = this.found('familiarity', model);
    const meanTokens = (id: string) => {
      const rows = familiarity.sets[id]!;
      // The end token is trained too.
      return rows.reduce((sum, { tokens }) => sum + tokens + 1, 0) / rows.length;
    };
    const average = sets.reduce((sum, { id }) => sum + meanTokens(id), 0) / sets.length;
    return Math.max(1, Math.round((training.steps * average) / meanTokens(set)));
  }

  private async ask(
    piece: Piece,
    model: OpenedModel,
    speaker: Speaker,
    what: string,
    questions: readonly EvaluationQuestion[],
  ): Promise<Outcome[]> {
    const { task, evaluation } = this.job.experiment;
    const { maxNewTokens, batchSize } = evaluation;
    return evaluateAnswers(questions, {
      rule: answerRule(task),
      answer: speaker.answer({ maxNewTokens, temperature: undefined, seed: 0 }),
      lengthOf: (question) => model.promptLength(question),
      batchSize,
      report: this.reporter(piece, what),
    });
  }

  private async retentionNll(piece: Piece, speaker: Speaker, id: string): Promise<number[]> {
    const rows = this.job.task.retentionAnswers(id);
    if (rows.length === 0) return [];
    const set = { id: 'retention', name: 'retention', rows };
    const scored = await speaker.measure(set, this.reporter(piece, 'NLL on other tasks'));
    return scored.map(({ nllSum, tokens }) => nllSum / tokens);
  }

  private async goldNll(
    piece: Piece,
    speaker: Speaker,
    outcomes: readonly Outcome[],
  ): Promise<(number | null)[]> {
    const { experiment, task } = this.job;
    const rule = answerRule(experiment.task);
    const endings = task.test.flatMap(({ text: question, gold }, i) => {
      const place = answerPlace(rule, outcomes[i]!.response, gold);
      return place ? [{ question, ...place }] : [];
    });
    if (endings.length === 0) return [];
    return speaker.measureEndings(endings, this.reporter(piece, 'NLL of right answers'));
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
