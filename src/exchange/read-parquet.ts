/** Parquet files, by hyparquet; loaded only when a file is one. */
import type { Table, TableRow } from '../data/table.ts';
import type { Compressors, FileMetaData, SchemaTree } from 'hyparquet';
import { DataError } from '../errors.ts';
import { refuseBeyond } from '../limits.ts';
import { notice } from '../notices.ts';
import type { ByteSource } from '../storage/byte-source.ts';

/** The four bytes that every Parquet file begins and ends with. */
export const PARQUET_MAGIC = [0x50, 0x41, 0x52, 0x31];

/** @throws DataError when the file is broken, encrypted, or too large */
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
    refuseHuge(metadata, fileName);
    refuseOtherColumns(metadata, parquetSchema(metadata), fileName);
    refuseOutside(metadata, source.size, fileName);
    objects = await parquetReadObjects({
      file,
      metadata,
      compressors: withinLimit(compressors, fileName),
    });
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

/** What a file says of its own size; what its pages hold is measured as they are unpacked. */
function refuseHuge({ num_rows, row_groups, schema }: FileMetaData, fileName: string): void {
  const groupRows = row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
  refuseBeyond(fileName, 'rows', Math.max(Number(num_rows), groupRows));
  refuseBeyond(fileName, 'columns', schema.length - 1);
  const chunks = row_groups.flatMap(({ columns }) => columns.map(({ meta_data }) => meta_data));
  const sum = (count: (chunk: (typeof chunks)[number]) => bigint | undefined): number =>
    chunks.reduce((total, chunk) => total + Number(count(chunk) ?? 0), 0);
  refuseBeyond(
    fileName,
    'unpackedBytes',
    sum((chunk) => chunk?.total_uncompressed_size),
  );
  refuseBeyond(
    fileName,
    'cells',
    sum((chunk) => chunk?.num_values),
  );
}

/**
 * Every row group has to hold the columns of the schema: the reader starts on all of them at once, and would leave
 * the others running after one that it does not know.
 */
function refuseOtherColumns({ row_groups }: FileMetaData, schema: SchemaTree, name: string): void {
  const leaves = (tree: SchemaTree): string[] =>
    tree.children.length === 0 ? [tree.path.join('.')] : tree.children.flatMap(leaves);
  const expected = schema.children.flatMap(leaves).sort();
  row_groups.forEach(({ columns }, i) => {
    const got = columns.map(({ meta_data }) => meta_data?.path_in_schema.join('.')).sort();
    if (got.length === expected.length && got.every((path, c) => path === expected[c])) return;
    throw new DataError(
      `${name} is not a readable Parquet file: row group ${i + 1} has the columns ${got.join(', ')}, expected ${expected.join(', ')}.`,
    );
  });
}

/** Of columns that lie outside the file one would be read, and the others left to fail by themselves. */
function refuseOutside({ row_groups }: FileMetaData, size: number, name: string): void {
  for (const { meta_data } of row_groups.flatMap(({ columns }) => columns)) {
    const start = Number(meta_data?.dictionary_page_offset ?? meta_data?.data_page_offset);
    const end = start + Number(meta_data?.total_compressed_size);
    if (start >= 0 && end >= start && end <= size) continue;
    const column = meta_data?.path_in_schema.join('.');
    throw new DataError(
      `${name} is not a readable Parquet file: column ${column} lies at bytes ${start} to ${end} of ${size}.`,
    );
  }
}

/** Pages say themselves how much they unpack to, and may say more than the file's summary. */
function withinLimit(compressors: Compressors, fileName: string): Compressors {
  let unpacked = 0;
  const counted = Object.entries(compressors).map(([codec, unpack]) => [
    codec,
    (page: Uint8Array, length: number) => {
      unpacked += length;
      refuseBeyond(fileName, 'unpackedBytes', unpacked);
      return unpack(page, length);
    },
  ]);
  return Object.fromEntries(counted) as Compressors;
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
