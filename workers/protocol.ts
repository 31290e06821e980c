/**
 * What the page may ask of the trainer worker, and what comes back: types only. One worker owns
 * the engine and every tensor; the page holds numbers, strings and file handles. Progress callbacks
 * are awaited by the worker, so no answer overtakes its last report.
 */
import type { Precision } from '../models/precision.ts';
import type { EngineName, EngineReport } from '../src/engine/config.ts';
import type { AnswerRuleSpec, ModelSpec, SetSpec } from '../src/experiment/spec/schema.ts';
import type { FamiliaritySettings } from '../src/familiarity/config.ts';
import type { Conversation, ResponseSet } from '../src/data/response-set.ts';
import type { OwnAnswer } from '../src/evaluate/own-style.ts';
import type { TaskSizes, UnitCosts } from '../src/experiment/run/estimate.ts';
import type { ExperimentReport } from '../src/experiment/report/report.ts';
import type { Experiment } from '../src/experiment/spec/schema.ts';
import type { HeldOutCheck } from '../src/metrics/held-out-check.ts';
import type { RunHistory } from '../src/train/run-history.ts';
import type { SamplingSettings } from '../src/generate/config.ts';
import type { StepReport } from '../src/metrics/step-report.ts';
import type { ExperimentResult } from '../src/workflows/experiment/experiment-result.ts';
import type { GenerateProgress, GenerateResult } from '../src/workflows/generate/answer-one.ts';
import type { Notice } from '../src/notices.ts';
import type { NamedBytes } from '../src/exchange/peft-write.ts';
import type { PromptSettings } from '../src/tokenizer/prompt-format.ts';
import type { OwnAnswersRequest } from '../src/workflows/generate/own-answers.ts';
import type {
  MeasuredBatch,
  MeasuredSet,
  MeasureSetsRequest,
} from '../src/workflows/measure/measure-sets.ts';
import type { ViewedRow, ViewedToken } from '../src/workflows/measure/token-view.ts';
import type { RunPlan, RunRequest } from '../src/workflows/train/training-run.ts';

// What the page needs of the library it names by this interface.
export type {
  ExperimentResult,
  HeldOutCheck,
  MeasuredBatch,
  MeasuredSet,
  NamedBytes,
  OwnAnswersRequest,
  PromptSettings,
  RunHistory,
  ViewedRow,
  ViewedToken,
};

export type ModelSource =
  | { kind: 'embedded'; id: string; baseUrl: string }
  | { kind: 'hub'; id: string; revision: string; baseUrl: string }
  | { kind: 'files'; name: string; files: { path: string; file: File }[] };

export interface LoadProgress {
  phase: 'downloading' | 'checking' | 'reading' | 'uploading';
  file: string;
  bytesDone: number;
  bytesTotal: number;
  bytesPerSecond: number;
  secondsLeft: number;
}

export interface ModelSummary {
  id: string;
  family: string;
  parameters: number;
  layers: number;
  width: number;
  vocabSize: number;
  contextLength: number;
  /** How the weights are held: f32, f16 or bf16. */
  format: string;
  weightBytes: number;
  /** As asked for when it was opened. */
  precision: Precision;
  /** SHA-256 of config.json and the tokenizer's files, and of the weights as they were read. */
  filesHash: string;
  weightsHash: string;
  /** What is done before and after a question, and with special tokens. */
  prompt: PromptPolicy;
  /** Things worth knowing that are no errors: run from memory, ignored tensors, … */
  notices: readonly Notice[];
}

export interface PromptPolicy {
  /** The model's own chat template, or undefined for a plain one. */
  chatTemplate: boolean;
  /** `{question}` stands for the question; used when there is no chat template or it is switched off. */
  plainTemplate: string;
  bos: string | undefined;
  eos: string | undefined;
}

/** How rows are to be seen as tokens. */
export interface ViewOptions extends Pick<
  FamiliaritySettings,
  'encoding' | 'lossOn' | 'maxLength'
> {
  prompt: PromptSettings;
}

export interface MeasureRequest extends Omit<MeasureSetsRequest, 'adapter'> {
  /** Measure with this run's or imported adapter applied; undefined: the model before training. */
  adapterId?: string;
}

export interface TrainRequest extends RunRequest {
  runId: string;
  /** Continue from this run's last checkpoint; from the start when it has none yet. */
  resume: boolean;
}

/** What a run will cost, said before it starts. */
export interface TrainingPlan extends Pick<
  RunPlan,
  'trainableParameters' | 'trainedTokensPerEpoch' | 'epochs' | 'problems' | 'notices'
> {
  allParameters: number;
  trainingRows: number;
  validationRows: number;
  droppedRows: RunPlan['skipped'];
  memoryBytes: number;
  memoryLimitBytes: number;
  secondsPerStep: number;
  /** Held-out questions asked before and after training, and how many written answers to them are right. */
  questions: number;
  agreeing: number;
  /** Of asking them, both times together. */
  secondsToAsk: number;
}

export type TrainEvent =
  /** Before the first report: what was reported up to the checkpoint that the run goes on from. */
  | { kind: 'begun'; step: number; history: RunHistory }
  | { kind: 'step'; report: StepReport }
  | { kind: 'check'; check: HeldOutCheck }
  | { kind: 'checkpoint'; step: number; seconds: number }
  | { kind: 'notice'; notice: Notice };

export interface TrainSummary {
  runId: string;
  outcome: 'finished' | 'stopped';
  step: number;
  steps: number;
  seconds: number;
  trainableParameters: number;
  /** Validation loss before the first step and after the last, nats per token. */
  validationBefore: number | undefined;
  validationAfter: number | undefined;
  engine: EngineName;
  adapterId: string | undefined;
  /** Everything that decides the numbers: settings, hashes, versions; shown and exported. */
  manifest: Record<string, unknown>;
}

export interface GenerateRequest {
  conversation: Conversation;
  prompt: PromptSettings;
  sampling: SamplingSettings;
  /** undefined: the base model. */
  adapterId?: string;
}

/** A response set to be made from the open model's own answers. */
export interface MakeSetRequest {
  /** Its `model` is this request's, and every set it names is among `sets`. */
  spec: SetSpec;
  /** The open model under a name of the page's choice. */
  model: ModelSpec;
  /** Joined sets: the same questions in the same order in each. */
  sets: ResponseSet[];
  /** How final answers are found; the micro-world's own questions are recognized without it. */
  answers: AnswerRuleSpec;
  prompt: PromptSettings;
  maxNewTokens: number;
}

export interface MadeSet {
  set: ResponseSet;
  /** How it was made and what came of it. */
  made: Record<string, string | number | boolean>;
  /** Of the rows in order: the final answer is right. */
  correct: boolean[];
}

export interface AdapterSummary {
  id: string;
  name: string;
  rank: number;
  alpha: number;
  targets: string[];
  parameters: number;
  notices: readonly Notice[];
}

export interface StoredItem {
  id: string;
  kind: 'model' | 'run' | 'experiment';
  bytes: number;
  /** Its name; of a run its id. */
  label: string;
  /** Why it cannot be used, when that is so: a sentence or two. It is kept until it is deleted. */
  problem?: string | undefined;
}

export interface StorageReport {
  items: StoredItem[];
  usedBytes: number;
  quotaBytes: number;
  persistent: boolean;
  /** Why nothing is kept, when the browser refuses. */
  refused: string | undefined;
}

/** An experiment with everything it needs, which the page keeps. */
export interface ExperimentRequest {
  /** Finished stages are kept under it. */
  id: string;
  experiment: Experiment;
  /** Model id → where it is opened from. */
  sources: Record<string, ModelSource>;
  /** The files that the experiment names, by path; texts in requests kept by an earlier version. */
  files: Record<string, Blob | string>;
  prompt: PromptSettings;
}

export interface ExperimentOpening {
  /** Stages that are kept from before, and the seconds each took. */
  done: { id: string; seconds: number }[];
  sizes: TaskSizes;
  notices: readonly Notice[];
}

export interface ExperimentProgress {
  /** "test questions", "training". */
  what: string;
  done: number;
  total: number;
  step?: StepReport;
}

type Report<Progress> = (progress: Progress) => Promise<void>;

/** The worker's one object. Long calls reject with StoppedError after the matching stop. */
export interface TrainerApi {
  /** When it cannot start, the engine and the model that were there before are there again. */
  startEngine(preferred: EngineName | 'auto'): Promise<EngineReport>;
  /** When it cannot be opened, the model that was open before still is. */
  openModel(
    source: ModelSource,
    precision: Precision,
    report: Report<LoadProgress>,
  ): Promise<ModelSummary>;
  /** What runs and is open now; after a call that failed. */
  current(): Promise<{
    engine: EngineReport | undefined;
    summary: ModelSummary | undefined;
  }>;
  /** Tokens of some rows, as training would see them. */
  viewTokens(rows: ResponseSet['rows'], options: ViewOptions): Promise<ViewedRow[]>;
  /** Seconds that measuring would take, from a short trial. */
  estimateMeasure(request: MeasureRequest): Promise<number>;
  measure(request: MeasureRequest, report: Report<MeasuredBatch>): Promise<MeasuredSet[]>;
  /** Greedy answers, judged; fewer right ones than wanted when every question was asked. */
  ownAnswers(
    request: OwnAnswersRequest & { prompt: PromptSettings },
    report: (right: number, questions: number) => Promise<void>,
  ): Promise<OwnAnswer[]>;
  planTraining(request: TrainRequest): Promise<TrainingPlan>;
  train(request: TrainRequest, report: Report<TrainEvent>): Promise<TrainSummary>;
  /** Loads the adapter of a run from its last checkpoint; its id is the run's. */
  loadRun(request: TrainRequest): Promise<void>;
  generate(request: GenerateRequest, report: Report<GenerateProgress>): Promise<GenerateResult>;
  makeSet(
    request: MakeSetRequest,
    report: (done: number, total: number) => Promise<void>,
  ): Promise<MadeSet>;
  /** Asks every call made so far to end; the one that runs does within one step. */
  stop(): Promise<void>;
  /** PEFT's files for a run or an imported adapter. */
  exportAdapter(adapterId: string): Promise<NamedBytes[]>;
  importAdapter(name: string, files: File[]): Promise<AdapterSummary>;
  deleteRun(runId: string): Promise<void>;
  storage(): Promise<StorageReport>;
  /** Opens an experiment, or goes on with one whose results fit; another one is closed. */
  openExperiment(
    request: ExperimentRequest,
    report: Report<LoadProgress>,
  ): Promise<ExperimentOpening>;
  /** Does one stage of the open experiment, or finds it done. @returns the seconds it took */
  settleStage(stageId: string, report: Report<ExperimentProgress>): Promise<number>;
  /** Frees what the open experiment holds. */
  closeExperiment(): Promise<void>;
  /** What is known so far; of one that is not open, what was known last. */
  experimentResult(id: string): Promise<ExperimentResult | undefined>;
  /**
   * experiment.json, report.json, report.html and each model's familiarity record, as the command writes them.
   * @param reference for the HTML report to lay over its figures
   */
  experimentFiles(id: string, reference?: ExperimentReport): Promise<NamedBytes[]>;
  /** What a step, an answer and a measurement cost, from a short trial. */
  estimateExperiment(request: ExperimentRequest): Promise<UnitCosts>;
  deleteStored(id: string): Promise<void>;
}
