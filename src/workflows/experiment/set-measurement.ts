/** A measured set ⇄ what an experiment keeps of it, which is plain JSON. */
import type {
  MeasuredRow,
  MeasuredRows,
  SetMeasurement,
} from '../../experiment/run/measurement.ts';
import type { ModelSpec } from '../../experiment/spec/schema.ts';
import type { Scored } from '../../exchange/familiarity-record/write.ts';
import type { FamiliaritySettings, RowFamiliarity } from '../../familiarity/config.ts';
import type { Notice } from '../../notices.ts';
import type { MeasuredSet } from '../measure/measure-sets.ts';
import type { OpenModel } from '../open/open-model.ts';

/** @param notices of the model and its prompt format */
export function measurementOf(
  { id, revision, filesHash, weightsHash, model, tokenizer }: OpenModel,
  { precision = 'as-stored' }: ModelSpec,
  notices: readonly Notice[],
  { rows, skipped, promptNotices }: MeasuredSet,
  settings: FamiliaritySettings,
): SetMeasurement {
  return {
    model: {
      ...{ id, revision, filesHash, weightsHash, precision },
      format: model.format,
      contextLength: model.shape.contextLength,
      chatTemplate: tokenizer.chatTemplate !== undefined,
    },
    settings,
    notices: [...notices, ...promptNotices],
    rows: rows.map(keptRow),
    skipped,
  };
}

/** The answers as they were measured. */
export function scoredOf({ rows, skipped }: MeasuredRows): Scored {
  return { rows: rows.map(measuredRow), skipped };
}

function keptRow({ perplexity: _, tokenNll, nllSum, eos, ...row }: RowFamiliarity): MeasuredRow {
  return {
    ...row,
    nllSum: finite(nllSum),
    ...(eos !== undefined && { eos: finite(eos) }),
    tokenNll: Array.from(tokenNll, finite),
  };
}

function measuredRow({ tokenNll, eos, ...row }: MeasuredRow): RowFamiliarity {
  const nllSum = row.nllSum ?? NaN;
  return {
    ...row,
    nllSum,
    perplexity: Math.exp(nllSum / row.responseTokens),
    ...(eos !== undefined && { eos: eos ?? NaN }),
    tokenNll: Float32Array.from(tokenNll, (nll) => nll ?? NaN),
  };
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
