/** Tables and response sets as CSV and JSON, with columns in a stable order. */
import Papa from 'papaparse';
import { joinSets } from '../data/join.ts';
import type { ResponseSet } from '../data/response-set.ts';
import type { Cell } from '../figures/data-table.ts';

export type CellRecord = Readonly<Record<string, Cell>>;

export interface CsvOptions {
  /**
   * Puts an apostrophe before a text that a spreadsheet would take for a formula. The file then no longer reads back
   * as it was: the apostrophe stays.
   */
  forSpreadsheets?: boolean;
}

/** What spreadsheets take for the beginning of a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/** CSV with `\n` line ends and a header, one column for each name, empty where a record has none. */
export function tableToCsv(
  columns: readonly string[],
  records: readonly CellRecord[],
  { forSpreadsheets = false }: CsvOptions = {},
): string {
  const cell = (value: Cell): Cell =>
    typeof value === 'number' || typeof value === 'string' ? value : plain(value);
  const data = records.map((record) => columns.map((column) => cell(record[column])));
  return `${Papa.unparse(
    { fields: [...columns], data },
    // Of a regular expression only texts are tried: a negative number stays one.
    { newline: '\n', escapeFormulae: forSpreadsheets && FORMULA },
  )}\n`;
}

/** A JSON array of objects whose keys are the columns in order; missing cells are left out. */
export function tableToJson(columns: readonly string[], records: readonly CellRecord[]): string {
  const kept = records.map((record) =>
    Object.fromEntries(
      columns.filter((c) => record[c] !== undefined).map((c) => [c, finite(record[c])]),
    ),
  );
  return `${JSON.stringify(kept, null, 2)}\n`;
}

/**
 * Joined response sets as one file of `{id, prompt, gold?, responses: {name: text}}`, which reads
 * back as the same sets. Chats keep their turns under `prompt`.
 */
export function responseSetsToJson(sets: readonly ResponseSet[]): string {
  const joined = joinSets(sets).sets;
  const records = joined[0]!.rows.map((row, i) => ({
    id: row.id,
    prompt: row.messages ?? row.question,
    ...(row.gold !== undefined && { gold: row.gold }),
    ...(row.tools && { tools: row.tools }),
    ...(row.templateVariables && { chat_template_kwargs: row.templateVariables }),
    responses: Object.fromEntries(joined.map((set) => [set.name, set.rows[i]!.response])),
  }));
  return `${JSON.stringify(records, null, 2)}\n`;
}

/** Joined response sets as CSV: id, question, gold when known, then one column for each writer. */
export function responseSetsToCsv(sets: readonly ResponseSet[]): string {
  const joined = joinSets(sets).sets;
  const hasGold = joined[0]!.rows.some((row) => row.gold !== undefined);
  const fields = ['id', 'question', ...(hasGold ? ['gold'] : []), ...joined.map((set) => set.name)];
  const data = joined[0]!.rows.map((row, i) => [
    row.id,
    row.messages === undefined ? row.question : JSON.stringify(row.messages),
    ...(hasGold ? [row.gold ?? ''] : []),
    ...joined.map((set) => set.rows[i]!.response),
  ]);
  return `${Papa.unparse({ fields, data }, { newline: '\n' })}\n`;
}

/** JSON has no NaN or infinity; null says "not a number" in every reader. */
function finite(value: Cell): Cell {
  return typeof value === 'number' && !Number.isFinite(value) ? null : value;
}

function plain(value: Cell): string {
  return value === undefined || value === null ? '' : String(value);
}
