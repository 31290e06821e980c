/** Measured answers → the familiarity record, as JSON or CSV. */
import type { ResponseRow, ResponseSet } from '../../data/response-set.ts';
import { transcript } from '../../data/transcript.ts';
import { rowNotices } from '../../data/row-notices.ts';
import {
  averagePerplexity,
  bitsPerByte,
  perplexityMeans,
  type EosPolicy,
} from '../../familiarity/aggregate.ts';
import type { RowFamiliarity } from '../../familiarity/config.ts';
import { notice, uniqueNotices, type Notice } from '../../notices.ts';
import { Sha256 } from '../../storage/sha256.ts';
import { tableToCsv, type CsvOptions, type CellRecord } from '../write-table.ts';
import { averageNames, RECORD_FORMAT, RECORD_VERSION } from './format.ts';
import type { FamiliarityRecord, RecordNumbers, RecordSet } from './schema.ts';
import type { MeasurementSetup } from './setup.ts';

export interface Scored {
  rows: readonly RowFamiliarity[];
  /** Answers that could not be scored. */
  skipped: readonly { rowId: string; reason: string }[];
}

export interface ScoredSet extends Scored {
  set: ResponseSet;
  inStyle?: Scored | undefined;
}

export interface Measurement {
  setup: MeasurementSetup;
  sets: readonly ScoredSet[];
  eos: EosPolicy;
  style: FamiliarityRecord['style'];
  excluded: readonly string[];
  /** What reading and measuring the answers had to say. */
  notices: readonly Notice[];
}

export function makeRecord(measurement: Measurement): FamiliarityRecord {
  const { setup, sets, eos, style, excluded, notices } = measurement;
  return {
    format: RECORD_FORMAT,
    version: RECORD_VERSION,
    ...setup,
    count_end_token: eos === 'include',
    style,
    excluded: [...excluded],
    notices: uniqueNotices([
      ...notices,
      ...excludedNotices(excluded),
      ...sets.flatMap((one) => scoringNotices(one, setup, style?.examples)),
    ]).map(({ kind, text, places }) => ({ kind, text, places: [...places] })),
    sets: sets.map((one) => recordSet(one, eos)),
  };
}

export function recordJson(record: FamiliarityRecord): string {
  return `${JSON.stringify(record, null, 1)}\n`;
}

/** One line for each measured answer; of the numbers in style those that differ. */
export function recordCsv({ sets }: FamiliarityRecord, options?: CsvOptions): string {
  const styled = sets.some((set) => set.in_style !== null);
  const columns = styled
    ? [...COLUMNS, ...STYLE_COLUMNS.map((name) => `in_style_${name}`)]
    : COLUMNS;
  const records = sets.flatMap(({ name, rows, in_style }) => {
    const inStyle = new Map(in_style?.rows.map((row) => [row.id, row]));
    return rows.map((row) => {
      const question = row.messages === undefined ? row.question : transcript(textOf(row));
      const cells = { ...row, question, set: name };
      const values = COLUMNS.map((column) => [column, cells[column]]);
      const other = inStyle.get(row.id);
      const more = other
        ? STYLE_COLUMNS.map((column) => [`in_style_${column}`, other[column]])
        : [];
      return Object.fromEntries([...values, ...more]) as CellRecord;
    });
  });
  return tableToCsv(columns, records, options);
}

const STYLE_COLUMNS = [
  'prompt_tokens',
  'response_tokens',
  'nll_sum',
  'perplexity',
  'end_nll',
  'truncated',
] as const;

const COLUMNS = [
  'set',
  'id',
  'question',
  'response',
  'prompt_tokens',
  'response_tokens',
  'response_bytes',
  'nll_sum',
  'perplexity',
  'end_nll',
  'likeliest_tokens',
  'truncated',
  'boundary_merged',
] as const;

function excludedNotices(excluded: readonly string[]): Notice[] {
  if (excluded.length === 0) return [];
  const questions = excluded.length === 1 ? '1 question is' : `${excluded.length} questions are`;
  return [notice('excluded', `${questions} left out by hand.`, excluded)];
}

/** Answers that were left out, cut or joined, also after examples of style. */
function scoringNotices(
  { set, inStyle, ...plain }: ScoredSet,
  { model, settings }: MeasurementSetup,
  examples = 0,
): Notice[] {
  const maxLength = Math.min(settings.maxLength, model.context_length);
  const ofScored = ({ rows, skipped }: Scored) => {
    const ids = (where: (row: RowFamiliarity) => boolean) =>
      rows.filter(where).map(({ rowId }) => rowId);
    const cut = ids(({ truncated }) => truncated);
    const merged = ids(({ boundaryMerged }) => boundaryMerged);
    return rowNotices(set.name, { skipped, cut, merged }, maxLength);
  };
  const before = `With ${examples} examples before each question: `;
  const styled = inStyle === undefined ? [] : ofScored(inStyle);
  return [...ofScored(plain), ...styled.map((one) => ({ ...one, text: `${before}${one.text}` }))];
}

function recordSet({ set, rows, skipped, inStyle }: ScoredSet, eos: EosPolicy): RecordSet {
  const numbers = new Map(rows.map((row) => [row.rowId, row]));
  const reasons = new Map(skipped.map(({ rowId, reason }) => [rowId, reason]));
  return {
    name: set.name,
    answers_sha256: answersHash(set),
    averages: averagesOf(rows, eos),
    bits_per_byte: finite(bitsPerByte(rows)),
    rows: set.rows.flatMap((row) => {
      const found = numbers.get(row.id);
      return found === undefined ? [] : [{ ...textOf(row), ...numbersOf(found) }];
    }),
    dropped: set.rows.flatMap((row) => {
      const reason = reasons.get(row.id);
      return reason === undefined ? [] : [{ ...textOf(row), reason }];
    }),
    in_style:
      inStyle === undefined
        ? null
        : {
            averages: averagesOf(inStyle.rows, eos),
            rows: inStyle.rows.map((row) => ({ id: row.rowId, ...numbersOf(row) })),
            dropped: inStyle.skipped.map(({ rowId, reason }) => ({ id: rowId, reason })),
          },
  };
}

export function averagesOf(rows: readonly RowFamiliarity[], eos: EosPolicy): RecordSet['averages'] {
  return Object.fromEntries(
    perplexityMeans.map((kind) => [averageNames[kind], finite(averagePerplexity(rows, kind, eos))]),
  ) as RecordSet['averages'];
}

/** SHA-256 of the rows' texts, the same whatever kind of file they came from. */
export function answersHash({ rows }: ResponseSet): string {
  return new Sha256().update(new TextEncoder().encode(JSON.stringify(rows.map(textOf)))).hex();
}

type RowText = { [Key in keyof ResponseRow]: ResponseRow[Key] | undefined } & Pick<
  ResponseRow,
  'id' | 'question' | 'response'
>;

/** The texts of a row, its keys in one order; absent ones stay absent. */
export function textOf(row: RowText) {
  const { id, question, response, gold, options, labels, messages, ...rest } = row;
  const { tools, templateVariables, responseTurn } = rest;
  return {
    ...{ id, question, response },
    ...(gold !== undefined && { gold }),
    ...(options !== undefined && { options: [...options] }),
    ...(labels !== undefined && { labels: [...labels] }),
    ...(messages !== undefined && { messages: messages.map((turn) => ({ ...turn })) }),
    ...(tools !== undefined && { tools: [...tools] }),
    ...(templateVariables !== undefined && { templateVariables: { ...templateVariables } }),
    ...(responseTurn !== undefined && { responseTurn: { ...responseTurn } }),
  };
}

function numbersOf(row: RowFamiliarity): RecordNumbers {
  return {
    prompt_tokens: row.promptTokens,
    response_tokens: row.responseTokens,
    response_bytes: row.responseBytes,
    nll_sum: finite(row.nllSum),
    perplexity: finite(row.perplexity),
    end_nll: finite(row.eos),
    likeliest_tokens: row.likeliest,
    truncated: row.truncated,
    boundary_merged: row.boundaryMerged,
    nll: Array.from(row.tokenNll, finite),
  };
}

/** Of -0, which JSON writes as 0, the 0. */
function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value + 0 : null;
}
