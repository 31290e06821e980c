/**
 * Records of a JSON object, in the shapes that data tools write: pandas' orients (columns, index,
 * split, table), datasets' columns of lists, the pages of the datasets server, a list under a key.
 */
import { isTurn } from '../data/chat-turns.ts';
import { guessMapping } from '../data/mapping.ts';
import type { TableRow } from '../data/table.ts';
import { DataError } from '../errors.ts';
import { notice, type Notice } from '../notices.ts';

type JsonObject = Readonly<Record<string, unknown>>;

export interface JsonRecords {
  /** `line` is the record's number, from 1. */
  rows: TableRow[];
  notices: Notice[];
}

/** @throws DataError for a value that holds no records, or more than one list of them */
export function recordsOfObject(value: unknown, fileName: string): JsonRecords {
  if (!isRecord(value)) throw new DataError(`${fileName} holds a single value, expected records.`);
  const served = servedRows(value, fileName);
  if (served !== undefined) return served;
  const keyed = keyedRows(value);
  if (keyed !== undefined) return withKeys(keyed, fileName);
  const records = splitRows(value) ?? listColumns(value) ?? listUnderKey(value, fileName);
  return { rows: numbered(records ?? [value]), notices: [] };
}

/** `{"features": …, "rows": [{"row_idx", "row": {…}, "truncated_cells"}]}` of the datasets server. */
function servedRows(value: JsonObject, fileName: string): JsonRecords | undefined {
  const { rows, features, num_rows_total: total } = value;
  if (!Array.isArray(rows) || (rows.length === 0 && !Array.isArray(features))) return undefined;
  if (!rows.every((entry): entry is JsonObject => isRecord(entry) && isRecord(entry['row']))) {
    return undefined;
  }
  const notices: Notice[] = [];
  const cut = rows.flatMap(({ truncated_cells: cells }, i) =>
    Array.isArray(cells) && cells.length > 0
      ? [`${fileName}, record ${i + 1}: ${cells.join(', ')}`]
      : [],
  );
  if (cut.length > 0) {
    notices.push(notice('cut', `The server cut ${cut.length} cells of ${fileName} short.`, cut));
  }
  if (typeof total === 'number' && total > rows.length) {
    const text = `${fileName} is one page: ${rows.length} of the ${total} rows of its data set.`;
    notices.push(notice('info', text));
  }
  return { rows: numbered(rows.map(({ row }) => row as JsonObject)), notices };
}

/** pandas' "split": `{"columns": […], "index": […], "data": [[…], …]}`. */
function splitRows({ columns, data }: JsonObject): JsonObject[] | undefined {
  if (!Array.isArray(columns) || !Array.isArray(data)) return undefined;
  if (!columns.every((name) => typeof name === 'string')) return undefined;
  if (!data.every((row) => Array.isArray(row) && row.length === columns.length)) return undefined;
  return (data as unknown[][]).map((row) => fromEntries(columns.map((name, i) => [name, row[i]])));
}

/** pandas' "columns" and "index": an object of objects that all have the same keys. */
function keyedRows(value: JsonObject): Map<string, JsonObject> | undefined {
  const outer = Object.keys(value);
  const objects = Object.values(value).filter(isRecord);
  const inner = Object.keys(objects[0] ?? {});
  if (objects.length < outer.length || inner.length === 0) return undefined;
  const same = objects.every(
    (object) =>
      Object.keys(object).length === inner.length &&
      inner.every((key) => Object.hasOwn(object, key)),
  );
  if (!same) return undefined;
  const known = (names: string[]) => guessMapping(names, []).format !== 'unknown';
  const counted = (names: string[]) => names.every((name) => /^\d+$/.test(name));
  if (known(inner) || (counted(outer) && !counted(inner))) {
    return new Map(outer.map((key, i) => [key, objects[i]!]));
  }
  if (!known(outer) && !counted(inner)) return undefined;
  return new Map(
    inner.map((key) => [key, fromEntries(outer.map((name, i) => [name, objects[i]![key]]))]),
  );
}

/** Keys that are names, not row numbers, are the ids of records that have none of their own. */
function withKeys(records: ReadonlyMap<string, JsonObject>, fileName: string): JsonRecords {
  const rows = [...records.values()];
  const numbers = [...records.keys()].every((key) => /^-?\d+$/.test(key));
  if (numbers || rows.some((row) => Object.hasOwn(row, 'id')))
    return { rows: numbered(rows), notices: [] };
  const text = `The keys of the records of ${fileName} are read as their "id".`;
  return {
    rows: numbered([...records].map(([id, row]) => ({ id, ...row }))),
    notices: [notice('assumed', text)],
  };
}

/** `{"question": ["…", …], "response": ["…", …]}`: lists of one length, none of them of records. */
function listColumns(value: JsonObject): JsonObject[] | undefined {
  const names = Object.keys(value);
  const lists = Object.values(value).filter((list): list is unknown[] => Array.isArray(list));
  if (lists.length < 2 || lists.length < names.length) return undefined;
  if (lists.some((list) => list.length !== lists[0]!.length || list.some(isRecord)))
    return undefined;
  return lists[0]!.map((_, i) => fromEntries(names.map((name, c) => [name, lists[c]![i]])));
}

/** `{"data": [{…}, …]}`, whatever the key's name; a chat's turns are no records. */
function listUnderKey(value: JsonObject, fileName: string): JsonObject[] | undefined {
  const isChat = (list: unknown[]): boolean => list.some(isTurn);
  const tables = Object.entries(value).filter(
    (entry): entry is [string, JsonObject[]] =>
      Array.isArray(entry[1]) &&
      entry[1].length > 0 &&
      entry[1].every(isRecord) &&
      !isChat(entry[1]),
  );
  // A record may have a list of objects among its fields: its names say that it is one.
  const { format } = guessMapping(Object.keys(value), [value]);
  if (!['unknown', 'wide', 'text'].includes(format)) return undefined;
  if (tables.length > 1) {
    const names = tables.map(([name]) => `"${name}"`).join(', ');
    throw new DataError(
      `${fileName} holds ${tables.length} lists of records (${names}); keep one.`,
    );
  }
  return tables[0]?.[1];
}

function numbered(records: readonly JsonObject[]): TableRow[] {
  return records.map((values, i) => ({ line: i + 1, values }));
}

/** `fromEntries` makes own properties, so a column named __proto__ is harmless. */
const fromEntries = (entries: [string, unknown][]): JsonObject => Object.fromEntries(entries);

function isRecord(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
