/** What each piece leaves behind: plain JSON, so that it can be kept, resumed from and reported. */
import type { ResponseSet } from '../data/response-set.ts';
import type { GivenAnswer, Outcome } from '../evaluate/accuracy.ts';

export interface ModelFacts {
  id: string;
  /** SHA-256 that names the model's files. */
  filesHash: string;
  parameters: number;
  /** How the weights are held: f32, f16 and so on. */
  format: string;
}

export interface BaseResult {
  kind: 'base';
  id: string;
  model: ModelFacts;
  test: Outcome[];
  retention: Outcome[];
  /** Nats per token of the right answer to each retention question; empty without such answers. */
  retentionNll: number[];
  /** Nats per token of the right answer to each test question after the model's own rationale; empty
   * when answers have no marker. */
  goldNll: (number | null)[];
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
}

export interface FamiliarityResult {
  kind: 'familiarity';
  id: string;
  /** By set id; rows that could not be measured are missing. */
  sets: Record<string, ScoredAnswer[]>;
  seconds: number;
}

export interface CurvePoint {
  step: number;
  tokens: number;
  loss: number | null;
  validationLoss?: number;
}

export interface RunResult {
  kind: 'run';
  id: string;
  model: string;
  set: string;
  seed: number;
  learningRate: number;
  steps: number;
  /** Accuracy on validation questions for each learning rate tried; empty when there was no choice. */
  choice: { learningRate: number; correct: number; n: number }[];
  curve: CurvePoint[];
  trainedTokens: number;
  test: Outcome[];
  retention: Outcome[];
  retentionNll: number[];
  goldNll: (number | null)[];
  seconds: { training: number; evaluation: number };
}

export type PieceResult = BaseResult | SetResult | FamiliarityResult | RunResult;

/** Where finished pieces are kept. Writing must be whole or not at all. */
export interface ResultStore {
  read(id: string): Promise<PieceResult | undefined>;
  write(result: PieceResult): Promise<void>;
}
