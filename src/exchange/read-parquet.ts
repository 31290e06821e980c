/** Parquet files, by hyparquet; loaded only when a file is one. */
import type { Table, TableRow } from '../data/table.ts';
import { DataError } from '../errors.ts';
import { notice } from '../notices.ts';
import type { ByteSource } from '../storage/byte-source.ts';

/** The four bytes that every Parquet file begins and ends with. */
export const PARQUET_MAGIC = [0x50, 0x41, 0x52, 0x31];

/** Beyond this many rows the records would not fit a browser's memory. */
const MOST_ROWS = 2_000_000;

/** @throws DataError when the file is broken, encrypted, or has more than two million rows */
export async function readParquet(source: ByteSource, fileName: string): Promise<Table> {
  const [{ parquetMetadataAsync, parquetReadObjects, parquetSchema }, { compressors }] =
    await Promise.all([import('hyparquet'), import('hyparquet-compressors')]);
  const file = {
    byteLength: source.size,
    slice: async (start: number, end = source.size) =>
      (await source.read(start, end - start)).buffer,
  };
  let objects: Record<string, unknown>[];
  let names: string[];
  try {
    const metadata = await parquetMetadataAsync(file);
    names = parquetSchema(metadata).children.map(({ element }) => element.name);
    if (metadata.num_rows > MOST_ROWS) {
      throw new DataError(
        `${fileName} has ${metadata.num_rows} rows; up to ${MOST_ROWS} can be read.`,
      );
    }
    objects = await parquetReadObjects({ file, metadata, compressors });
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`${fileName} is not a readable Parquet file: ${reason}`, [], { cause });
  }
  const columns = names.filter((name) => !/^__index_level_\d+__$/.test(name));
  const rows = objects.map((object, i): TableRow => ({
    line: i + 1,
    values: Object.fromEntries(columns.map((name) => [name, plain(object[name])])),
  }));
  const notices =
    columns.length === names.length
      ? []
      : [notice('info', `The row index that pandas keeps in ${fileName} is not used.`)];
  return { fileName, columns, rows, unit: 'record', notices };
}

/** Values as JSON has them: 64-bit integers beyond 2⁵³ as a text of their digits, dates as ISO 8601. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  }
  if (typeof value === 'number') return Number.isNaN(value) ? null : value;
  if (value instanceof Date) return value.toISOString();
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>, plain);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) return plainObject(value);
  return value ?? null;
}

const plainObject = (value: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
