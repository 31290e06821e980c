/** A set as a model measured it, token by token: plain JSON, from which its familiarity record is written. */
import type { Precision } from '../../../models/precision.ts';
import type { FamiliaritySettings, RowFamiliarity } from '../../familiarity/config.ts';
import type { Notice } from '../../notices.ts';
import type { StageResult } from './results.ts';

export interface SetMeasurement extends MeasuredRows {
  model: {
    /** Of the hub, or the name of its folder or file. */
    id: string;
    revision?: string | undefined;
    filesHash: string;
    weightsHash: string;
    precision: Precision;
    format: string;
    /** Tokens. */
    contextLength: number;
    /** It comes with a chat template. */
    chatTemplate: boolean;
  };
  settings: FamiliaritySettings;
  /** Of the model, and of writing this set as its prompts. */
  notices: readonly Notice[];
  /** The same answers after examples of the model's own style. */
  styled?: MeasuredRows;
}

export interface MeasuredRows {
  rows: MeasuredRow[];
  /** Answers that could not be scored. */
  skipped: { rowId: string; reason: string }[];
}

/** JSON has no NaN: what is no number is null. */
export type MeasuredRow = Omit<RowFamiliarity, 'nllSum' | 'perplexity' | 'eos' | 'tokenNll'> & {
  nllSum: number | null;
  /** Undefined when the end was not scored. */
  eos?: number | null;
  /** NLL of each answer token in nats, then of the end token when it was scored. */
  tokenNll: (number | null)[];
};

/** The file of a model's familiarity record, beside the report. */
export const recordName = (model: string): string => `familiarity-${model}.json`;

/** Models with a measured set whose tokens' NLL are kept: those that have a record. */
export function recordedModels(results: readonly StageResult[]): string[] {
  const models = results.flatMap((result) =>
    result.kind === 'familiarity' && result.recorded ? [result.model] : [],
  );
  return [...new Set(models)];
}
