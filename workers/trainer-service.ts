/**
 * What the worker does for the page: opens models, measures, trains, answers, keeps runs. It only
 * wires library rooms together; every tensor lives here and none crosses to the page.
 */
import { GpuLostError, OutOfMemoryError, StoppedError } from '../src/errors.ts';
import type { LoraAdapter } from '../src/lora/adapter.ts';
import { measureSets } from '../src/workflows/measure/measure-sets.ts';
import type { OpenModel } from '../src/workflows/open/open-model.ts';
import { ownAnswers } from '../src/workflows/generate/own-answers.ts';
import type { RunRequest } from '../src/workflows/train/training-run.ts';
import { viewRow } from '../src/workflows/measure/token-view.ts';
import { openRunStore, type RunStore } from '../src/storage/run-store.ts';
import { createPromptFormat } from '../src/tokenizer/prompt-format.ts';
import { answerOne } from '../src/workflows/generate/answer-one.ts';
import type { Experiments } from './experiments.ts';
import { deleteModel, isModel, storageReport } from './kept-files.ts';
import { modelSummary } from './model-summary.ts';
import type { TrainerApi, TrainEvent, TrainRequest, TrainSummary } from './protocol.ts';
import { PlannedRuns } from './planned-runs.ts';
import { trainRun } from './train-run.ts';
import { secondsPerStep, secondsToAsk, secondsToMeasure } from './trials.ts';
import { TunedModels } from './tuned-models.ts';
import { Turns } from './turns.ts';
import { workerHost } from './worker-host.ts';
import { Workbench } from './workbench.ts';
import { notice } from '../src/notices.ts';

type TrainReport = (event: TrainEvent) => Promise<void>;

export class TrainerService implements TrainerApi {
  /** Calls that use the engine wait for each other. */
  readonly #turns = new Turns();
  readonly #host = workerHost(() => this.#turns.stopRequested());
  readonly #bench = new Workbench(this.#host, (what) => {
    if (what === 'engine') this.#experiments?.close();
    this.#tuned.clear();
  });
  readonly #plans = new PlannedRuns();
  readonly #tuned = new TunedModels(this.#bench, this.#plans, () => this.#runs());
  #store: Promise<RunStore> | undefined;
  #experiments: Experiments | undefined;

  readonly startEngine: TrainerApi['startEngine'] = (preferred) =>
    this.#alone(() => this.#bench.start(preferred));

  readonly openModel: TrainerApi['openModel'] = (source, precision, report) =>
    this.#alone(async () => {
      await this.#bench.open(source, precision, report);
      return modelSummary(this.#bench.opened, precision, this.#bench.notices);
    });

  readonly current: TrainerApi['current'] = () => {
    const { engine, model, precision } = this.#bench.current;
    const summary = model && modelSummary(model, precision, this.#bench.notices);
    return Promise.resolve({ engine, summary });
  };

  readonly viewTokens: TrainerApi['viewTokens'] = (rows, { prompt, maxLength, ...options }) => {
    const { tokenizer, model } = this.#bench.opened;
    const format = createPromptFormat(tokenizer, prompt);
    const limit = Math.min(maxLength, model.shape.contextLength);
    const encode = { ...options, tokenizer, format, maxLength: limit };
    return Promise.resolve(rows.map((row) => viewRow(row, encode)));
  };

  readonly estimateMeasure: TrainerApi['estimateMeasure'] = (request) =>
    this.#alone(async () => secondsToMeasure(await this.#bench.baseModel(), request));

  readonly measure: TrainerApi['measure'] = (request, report) =>
    this.#alone(async () => {
      const { opened, adapter } = await this.#tuned.tuned(request.adapterId);
      return measureSets(opened, { ...request, adapter }, this.#host, report);
    });

  readonly ownAnswers: TrainerApi['ownAnswers'] = ({ prompt, ...request }, report) =>
    this.#alone(async () =>
      ownAnswers({ opened: await this.#bench.baseModel(), prompt }, request, this.#host, report),
    );

  readonly planTraining: TrainerApi['planTraining'] = (request) =>
    this.#alone(async () => {
      const opened = await this.#openedFor(request);
      const engine = this.#bench.engine;
      const plan = await this.#plans.plan(opened, request, engine.memoryBytes);
      return {
        trainableParameters: plan.trainableParameters,
        allParameters: opened.model.shape.parameters,
        trainingRows: plan.examples.length,
        validationRows: plan.validation.length,
        droppedRows: plan.skipped,
        trainedTokensPerEpoch: plan.trainedTokensPerEpoch,
        epochs: plan.epochs,
        memoryBytes: plan.memory.total,
        memoryLimitBytes: engine.memoryBytes,
        questions: plan.questions?.questions.length ?? 0,
        agreeing: plan.questions?.agreeing ?? 0,
        secondsToAsk:
          plan.problems.length > 0 ? 0 : await secondsToAsk(opened, request.prompt, plan),
        secondsPerStep: plan.problems.length > 0 ? 0 : await secondsPerStep(opened, request, plan),
        problems: plan.problems,
        notices: plan.notices,
      };
    });

  readonly train: TrainerApi['train'] = (request, report) =>
    this.#alone(() => this.#trainThroughLoss(request, report));

  readonly loadRun: TrainerApi['loadRun'] = (request) =>
    this.#alone(() => this.#tuned.load(request));

  readonly generate: TrainerApi['generate'] = (request, report) =>
    this.#alone(async () => {
      const { adapterId, prompt, conversation, sampling } = request;
      const tuned = await this.#tuned.tuned(adapterId);
      return answerOne({ ...tuned, prompt }, this.#host, conversation, sampling, report);
    });

  readonly makeSet: TrainerApi['makeSet'] = (request, report) =>
    this.#alone(async () => {
      const { makeAnswerSet } = await import('./set-maker.ts');
      const opened = await this.#bench.baseModel();
      return makeAnswerSet(opened, request, this.#host, report);
    });

  readonly stop = (): Promise<void> => {
    this.#turns.stop();
    this.#bench.stopDownload();
    return Promise.resolve();
  };

  readonly exportAdapter: TrainerApi['exportAdapter'] = (id) =>
    this.#alone(() => this.#tuned.files(id));

  readonly importAdapter: TrainerApi['importAdapter'] = (name, files) =>
    this.#alone(() => this.#tuned.bring(name, files));

  readonly deleteRun = async (runId: string): Promise<void> => {
    this.#tuned.forget(runId);
    await (await this.#runs()).remove(runId);
  };

  readonly storage: TrainerApi['storage'] = async () => storageReport(await this.#runs());

  readonly deleteStored = (id: string): Promise<void> =>
    isModel(id) ? deleteModel(id) : this.deleteRun(id);

  readonly openExperiment: TrainerApi['openExperiment'] = (request, report) =>
    this.#alone(async () => (await this.#experiment()).open(request, report));

  readonly settleStage: TrainerApi['settleStage'] = (stageId, report) =>
    this.#alone(async () => (await this.#experiment()).settle(stageId, report));

  readonly closeExperiment = (): Promise<void> =>
    this.#alone(() => Promise.resolve(this.#experiments?.close()));

  readonly experimentResult: TrainerApi['experimentResult'] = async (id) =>
    (await this.#experiment()).result(id);

  readonly experimentFiles: TrainerApi['experimentFiles'] = async (id, reference) =>
    (await this.#experiment()).files(id, reference);

  readonly estimateExperiment: TrainerApi['estimateExperiment'] = (request) =>
    this.#alone(async () => (await this.#experiment()).estimate(request));

  /** Trains; when the graphics processor is lost, goes on from the last checkpoint, twice at most. */
  async #trainThroughLoss(request: TrainRequest, report: TrainReport): Promise<TrainSummary> {
    let saved: number | undefined;
    const watched: TrainReport = async (event) => {
      if (event.kind === 'checkpoint') saved = event.step;
      await report(event);
    };
    for (let losses = 1; ; losses++) {
      try {
        return await this.#train(losses === 1 ? request : { ...request, resume: true }, watched);
      } catch (error) {
        if (!(error instanceof GpuLostError) || losses > 2) throw error;
        const engine = await this.#bench.recover(error, losses > 1);
        const from = saved === undefined ? 'its last checkpoint, or the start' : `step ${saved}`;
        const text = `${error.message} Nothing was lost but time: ${engine.device} goes on from ${from}.`;
        await report({ kind: 'notice', notice: notice('info', text) });
      }
    }
  }

  async #train(request: TrainRequest, report: TrainReport): Promise<TrainSummary> {
    const opened = await this.#openedFor(request);
    const engine = this.#bench.engine;
    const place = {
      opened,
      engine,
      plan: await this.#plans.plan(opened, request, engine.memoryBytes),
      store: await this.#runs(),
      host: this.#host,
      keep: (adapter: LoraAdapter) => this.#tuned.keep(request.runId, adapter),
    };
    return trainRun(place, request, report);
  }

  /** The model as this run needs it. */
  #openedFor({ training }: RunRequest): Promise<OpenModel> {
    return training.method === 'full' ? this.#bench.trainableModel() : this.#bench.baseModel();
  }

  /** The part that carries experiments out, loaded when it is first asked for. */
  async #experiment(): Promise<Experiments> {
    const { Experiments: Part } = await import('./experiments.ts');
    return (this.#experiments ??= new Part(this.#host, {
      engine: () => this.#bench.engine,
      store: () => this.#runs(),
      modelFiles: (source, report) => this.#bench.modelFiles(source, report),
      openedFrom: (source, precision) => this.#bench.baseModelOf(source, precision),
    }));
  }

  #runs(): Promise<RunStore> {
    return (this.#store ??= openRunStore());
  }

  /** The engine is started again, so that the call may be made again. */
  async #afterLoss(loss: GpuLostError): Promise<GpuLostError> {
    const { device } = await this.#bench.recover(loss, false);
    const advice = `Try once more: ${device} is ready, the model is open. Adapters from elsewhere must be brought again.`;
    return new GpuLostError(`${loss.message} ${advice}`, [], { cause: loss });
  }

  /** One long call at a time, in the order they were made. */
  #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#turns.take(async () => {
      try {
        return await work();
      } catch (error) {
        if (error instanceof GpuLostError) throw await this.#afterLoss(error);
        throw plainError(error);
      }
    });
  }
}

/** What tfjs or the browser throw when memory runs out, as an error that says what to do. */
function plainError(error: unknown): unknown {
  if (error instanceof StoppedError || !(error instanceof RangeError)) return error;
  if (!/allocation|memory|buffer size/i.test(error.message)) return error;
  return new OutOfMemoryError(
    'The memory of this tab is used up. Choose a smaller model, shorter answers or a smaller batch.',
    [],
    { cause: error },
  );
}
