/** The text of a familiarity record → the record, checked, and its rows as they were measured. */
import * as v from 'valibot';
import { refuseHugeJson } from '../../data/json-size.ts';
import { capProblems } from '../../data/problems.ts';
import { DataError } from '../../errors.ts';
import type { RowFamiliarity } from '../../familiarity/config.ts';
import { describeIssue } from '../../settings-schema.ts';
import { RECORD_FORMAT, RECORD_VERSION } from './format.ts';
import { recordSchema, type FamiliarityRecord, type RecordNumbers } from './schema.ts';
import { averagesOf, textOf, type Measurement, type ScoredSet } from './write.ts';

/** Far above what summing in another order changes. */
const TOLERANCE = 1e-6;

/**
 * @param place names the file in errors
 * @throws DataError for text that is no such record, of a later version, or whose parts do not agree
 */
export function readRecord(text: string, place: string): FamiliarityRecord {
  refuseHugeJson(text, place);
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new DataError(`${place} is not valid JSON.`, [String(cause)], { cause });
  }
  refuseOther(value, place);
  const parsed = v.safeParse(recordSchema, value);
  const problems = parsed.success
    ? disagreements(parsed.output)
    : parsed.issues.map((issue) => describeIssue(issue));
  if (problems.length > 0) {
    throw new DataError(`${place} cannot be read as a familiarity record.`, capProblems(problems));
  }
  return parsed.output as FamiliarityRecord;
}

/** Whether a text looks like a familiarity record, whatever its version. */
export function isRecord(text: string): boolean {
  return text.slice(0, 200).includes(`"${RECORD_FORMAT}"`);
}

/** What `makeRecord` was given; the answers that could not be scored come last in their set. */
export function measurementOf(record: FamiliarityRecord): Measurement {
  const { model, adapter, engine, prompt, settings, count_end_token, ...rest } = record;
  return {
    setup: { model, adapter, engine, prompt, settings },
    sets: record.sets.map(({ name, rows, dropped, in_style }, i): ScoredSet => ({
      set: { id: `${i + 1}-${name}`, name, rows: [...rows, ...dropped].map((row) => textOf(row)) },
      rows: rows.map((row) => rowFamiliarity(row.id, row)),
      skipped: skippedOf(dropped),
      ...(in_style && {
        inStyle: {
          rows: in_style.rows.map((row) => rowFamiliarity(row.id, row)),
          skipped: skippedOf(in_style.dropped),
        },
      }),
    })),
    eos: count_end_token ? 'include' : 'exclude',
    style: rest.style,
    excluded: rest.excluded,
    notices: rest.notices,
  };
}

const skippedOf = (dropped: readonly { id: string; reason: string }[]) =>
  dropped.map(({ id, reason }) => ({ rowId: id, reason }));

/** A row's numbers as they were measured. */
function rowFamiliarity(id: string, row: RecordNumbers): RowFamiliarity {
  const nllSum = row.nll_sum ?? NaN;
  return {
    rowId: id,
    promptTokens: row.prompt_tokens,
    responseTokens: row.response_tokens,
    responseBytes: row.response_bytes,
    nllSum,
    perplexity: Math.exp(nllSum / row.response_tokens),
    ...(row.end_nll !== null && { eos: row.end_nll }),
    likeliest: row.likeliest_tokens,
    truncated: row.truncated,
    boundaryMerged: row.boundary_merged,
    tokenNll: Float32Array.from(row.nll, (nll) => nll ?? NaN),
  };
}

function refuseOther(value: unknown, place: string): void {
  const { format, version } = (value ?? {}) as { format?: unknown; version?: unknown };
  if (format !== RECORD_FORMAT) {
    throw new DataError(`${place} is no familiarity record.`, [
      `format: expected ${JSON.stringify(RECORD_FORMAT)}, got ${format === undefined ? 'nothing' : JSON.stringify(format)}.`,
    ]);
  }
  if (typeof version === 'number' && version > RECORD_VERSION) {
    throw new DataError(
      `${place} is a familiarity record of version ${version}; this program reads version ${RECORD_VERSION}.`,
    );
  }
}

/** Numbers of the record that contradict each other. */
function disagreements({ sets, count_end_token }: FamiliarityRecord): string[] {
  const problems: string[] = [];
  sets.forEach(({ rows, averages, in_style }, s) => {
    const parts = [
      { at: `sets.${s}`, rows, averages },
      ...(in_style ? [{ at: `sets.${s}.in_style`, ...in_style }] : []),
    ];
    for (const part of parts) {
      const known = new Set<string>();
      part.rows.forEach((row, r) => {
        const at = `${part.at}.rows.${r}`;
        if (known.has(row.id)) problems.push(`${at}.id: ${row.id} stands twice in its set.`);
        known.add(row.id);
        problems.push(...rowProblems(at, row));
      });
      const measured = part.rows.map((row) => rowFamiliarity(row.id, row));
      const expected = averagesOf(measured, count_end_token ? 'include' : 'exclude');
      for (const [name, value] of Object.entries(expected)) {
        const got = part.averages[name as keyof typeof expected];
        if (!close(got, value)) {
          problems.push(
            `${part.at}.averages.${name}: expected ${value} from its rows, got ${got}.`,
          );
        }
      }
    }
  });
  return problems;
}

function rowProblems(at: string, { nll, nll_sum, end_nll, response_tokens }: RecordNumbers) {
  const scored = response_tokens + (end_nll === null ? 0 : 1);
  if (nll.length !== scored) return [`${at}.nll: expected ${scored} numbers, got ${nll.length}.`];
  const sum = nll.slice(0, response_tokens).reduce((total: number, one) => total + (one ?? NaN), 0);
  return close(nll_sum, sum)
    ? []
    : [`${at}.nll_sum: expected ${sum} from its nll, got ${nll_sum}.`];
}

function close(got: number | null, expected: number | null): boolean {
  if (got === null || expected === null || !Number.isFinite(expected)) {
    return got === null && (expected === null || !Number.isFinite(expected));
  }
  return Math.abs(got - expected) <= TOLERANCE * Math.max(1, Math.abs(expected));
}
