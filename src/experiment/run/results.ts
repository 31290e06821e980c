/** What each stage leaves behind: plain JSON, so that it can be kept, resumed from and reported. */
import type { ResponseSet } from '../../data/response-set.ts';
import type { Notice } from '../../notices.ts';
import type { SetMeasurement } from './measurement.ts';
import type { GivenAnswer, Outcome } from '../../evaluate/accuracy.ts';

export interface ModelFacts {
  id: string;
  /** SHA-256 that names the model's files. */
  filesHash: string;
  parameters: number;
  /** How the weights are held: f32, f16 and so on. */
  format: string;
  /** Of its files and its chat template. */
  notices?: readonly Notice[];
}

/** What is asked of a base model, and in the same way of every trained run. */
export interface Measured {
  test: Outcome[];
  retention: Outcome[];
  /** Nats per token of the right answer to each retention question; empty without such answers. */
  retentionNll: number[];
  /** Nats per token of held-out general text, by the text's name. */
  textNll: Record<string, number[]>;
  /** Nats per token of the right answer to each test question after the model's own rationale; empty
   * when answers have no marker. */
  goldNll: (number | null)[];
}

export interface BaseResult extends Measured {
  kind: 'base';
  id: string;
  model: ModelFacts;
  /** Greedy answers to the training questions, in their order. */
  own: GivenAnswer[];
  seconds: number;
}

export interface SetResult {
  kind: 'set';
  id: string;
  set: ResponseSet;
  /** How it was made, from the experiment file and what came of it. */
  made: Record<string, string | number | boolean>;
  /** Of the rows in order: the final answer is right. */
  correct: boolean[];
  /** SHA-256 of questions and answers. */
  sha256: string;
  seconds: number;
}

/** One answer of a set under a model. */
export interface ScoredAnswer {
  rowId: string;
  tokens: number;
  /** Different tokens among them. */
  distinctTokens: number;
  bytes: number;
  nllSum: number;
  /** Σ min(NLL, 3 nats): what few surprising tokens cannot carry. */
  clippedNllSum: number;
  /** Tokens that were the model's likeliest choice. */
  likeliest: number;
  /** The answer did not fit the context; its beginning was measured. */
  cut?: true;
}

export interface FamiliarityResult {
  kind: 'familiarity';
  id: string;
  model: string;
  set: string;
  /** Rows that could not be measured are missing. */
  answers: ScoredAnswer[];
  /** The same answers after examples of the model's own style; undefined when not asked for, or when
   * the model has too few right answers of its own. */
  styled?: ScoredAnswer[];
  /** Every token's NLL is kept beside this result; undefined in what earlier versions kept. */
  recorded?: true;
  /** Of writing the set as the model's prompts. */
  notices?: readonly Notice[];
  seconds: number;
}

export interface CurvePoint {
  step: number;
  tokens: number;
  loss: number | null;
  validationLoss?: number;
}

/** KL(base ‖ tuned) at the positions of one of the base model's own answers, nats. */
export interface AnswerDivergence {
  rowId: string;
  tokens: number;
  klSum: number;
}

/** An evaluated step and how it did on the validation questions. */
export interface CheckpointScore {
  step: number;
  /** Strictly right of n; undefined when loss decides. */
  correct?: number;
  n?: number;
  /** Nats per token of held-out answers; undefined when accuracy decides. */
  loss?: number;
}

export interface RunResult extends Measured {
  kind: 'run';
  id: string;
  model: string;
  set: string;
  seed: number;
  learningRate: number;
  steps: number;
  /** Accuracy on validation questions for each learning rate tried; empty when there was no choice. */
  choice: { learningRate: number; correct: number; n: number }[];
  /** The step whose weights were kept, and what it was chosen among; empty when it is simply the last. */
  keptStep: number;
  checkpoints: CheckpointScore[];
  curve: CurvePoint[];
  trainedTokens: number;
  /** Answer tokens left out of the loss as too surprising (`training.maskPerplexity`). */
  masked?: { tokens: number; of: number };
  /** Of the answers that were trained on. */
  notices?: readonly Notice[];
  /** Of the first questions of the new task and of the others. */
  divergence: { test: AnswerDivergence[]; retention: AnswerDivergence[] };
  seconds: { training: number; evaluation: number };
}

export type StageResult = BaseResult | SetResult | FamiliarityResult | RunResult;

/** What a stage has done so far. */
export interface StageLogState {
  seconds: number;
  /** Plain JSON. */
  values: Record<string, unknown>;
  /** Several by one key belong together. */
  bytes: Record<string, Record<string, Uint8Array<ArrayBuffer>>>;
}

/** Where finished stages are kept. Writing must be whole or not at all. */
export interface ResultStore {
  read(id: string): Promise<StageResult | undefined>;
  write(result: StageResult): Promise<void>;
  /** What a familiarity stage measured, token by token; by the stage's id. */
  readMeasurement(id: string): Promise<SetMeasurement | undefined>;
  writeMeasurement(id: string, measurement: SetMeasurement): Promise<void>;
  /** Of the one stage under way; without it an interrupted stage begins anew. */
  underWay?: {
    /** Undefined when nothing is kept of this stage. Rejects for what is damaged. */
    read(id: string): Promise<StageLogState | undefined>;
    write(id: string, state: StageLogState): Promise<void>;
    clear(): Promise<void>;
  };
}
