/**
 * Who does the work: models are opened, measured, trained and asked through these interfaces, which
 * a command, a worker or a test provides. This room knows the protocol only.
 */
import type { Conversation, ResponseSet, RowPrompt } from '../../data/response-set.ts';
import type { AnswerBatch } from '../../evaluate/accuracy.ts';
import type { LoraSettings } from '../../lora/config.ts';
import type { Notice } from '../../notices.ts';
import type { StepReport } from '../../metrics/step-report.ts';
import type { TrainingSettings } from '../../train/config.ts';
import type { SetMeasurement } from './measurement.ts';
import type { AnswerDivergence, ModelFacts, ScoredAnswer } from './results.ts';
import type { ModelSpec } from '../spec/schema.ts';

export interface AnswerSettings {
  maxNewTokens: number;
  /** Greedy when undefined. */
  temperature: number | undefined;
  seed: number;
}

export interface Ending {
  /** What is put to the model before `beginning`. */
  prompt: RowPrompt;
  beginning: string;
  ending: string;
}

/** A model as it is, or with a trained adapter. */
export interface EvaluatedModel {
  answer(settings: AnswerSettings): AnswerBatch;
  /** NLL of every answer of a set; rows too long to be measured are left out. A set without a single
   * question is text on its own: no chat template stands around it. */
  measure(set: ResponseSet, report: ReportProgress): Promise<ScoredAnswer[]>;
  /** Nats per token of each ending, given its question and beginning, in the order given; null where
   * the whole is too long for the model. */
  measureEndings(endings: readonly Ending[], report: ReportProgress): Promise<(number | null)[]>;
}

export interface BaseModel extends EvaluatedModel {
  facts: ModelFacts;
  /** As `measure`, with every token for the familiarity record, and what writing the prompts had to say. */
  familiarity(set: ResponseSet, report: ReportProgress): Promise<MeasuredFamiliarity>;
  /** Tokens of the prompt that a conversation makes. */
  promptLength(conversation: Conversation): number;
  train(request: ArmRequest, report: (step: StepReport) => Promise<void>): Promise<TrainedModel>;
  close(): void;
}

export interface MeasuredFamiliarity {
  answers: ScoredAnswer[];
  measurement: SetMeasurement;
  notices: readonly Notice[];
}

export interface ArmRequest {
  set: ResponseSet;
  /** Held-out answers of the same kind, for the curve; undefined when there are none. */
  validation: ResponseSet | undefined;
  training: TrainingSettings;
  lora: LoraSettings;
  /**
   * Asked after every evaluated step (`training.evaluateEvery`) and the last, of the model as it is
   * then: whether these weights are the ones to keep so far. The last are kept when left out.
   */
  keeps?: (evaluated: EvaluatedModel, step: StepReport) => Promise<boolean>;
  /** Without it an interrupted training begins anew. */
  resume?: {
    /** Where it goes on. */
    from: ArmState | undefined;
    /** Asked now and then: makes what is worth keeping, when it is. `last`: no other follows. */
    save: (state: () => Promise<ArmState>, last: boolean) => Promise<void>;
  };
}

/** Where a training is: its checkpoint, and the weights to keep so far when they are other ones. */
export interface ArmState extends Record<string, Uint8Array<ArrayBuffer>> {
  checkpoint: Uint8Array<ArrayBuffer>;
}

export interface TrainedModel extends EvaluatedModel {
  trainedTokens: number;
  /** Answer tokens left out of the loss as too surprising; undefined when all are trained. */
  masked?: { tokens: number; of: number };
  notices?: readonly Notice[];
  /** KL(base ‖ tuned) of each answer; rows too long to be measured are left out. */
  divergence(set: ResponseSet, report: ReportProgress): Promise<AnswerDivergence[]>;
  /** Frees the adapter. */
  dispose(): void;
}

export type ReportProgress = (done: number, total: number) => Promise<void>;

export interface ExperimentBackend {
  openModel(spec: ModelSpec): Promise<BaseModel>;
  /** SHA-256 of a text. */
  hash(text: string): Promise<string>;
  /** Milliseconds of a steady clock. */
  now(): number;
}
