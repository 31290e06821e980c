/** Parquet files, by hyparquet; loaded only when a file is one. */
import type { Table, TableRow } from '../data/table.ts';
import type { ColumnMetaData, FileMetaData, SchemaTree } from 'hyparquet';
import { DataError } from '../errors.ts';
import { refuseBeyond } from '../limits.ts';
import { notice } from '../notices.ts';
import type { ByteSource } from '../storage/byte-source.ts';
import { unpackLz4 } from './parquet/lz4.ts';

/** The four bytes that every Parquet file begins and ends with. */
export const PARQUET_MAGIC = [0x50, 0x41, 0x52, 0x31];

/** Of one number; 76 digits, the most that Arrow has. */
const MAX_DECIMAL_BYTES = 32;

/**
 * Every count in the file is compared with what it can be before the reader sees it, which is the same for page,
 * command and whoever else reads: a thread with a deadline would only end what had already taken the memory.
 * @throws DataError when the file is broken, encrypted, or too large
 */
export async function readParquet(source: ByteSource, fileName: string): Promise<Table> {
  const [{ parquetMetadataAsync, parquetReadObjects, parquetSchema }, { compressors }, pages] =
    await Promise.all([
      import('hyparquet'),
      import('hyparquet-compressors'),
      import('./parquet/pages.ts'),
    ]);
  const file = {
    byteLength: source.size,
    slice: async (start: number, end = source.size) =>
      (await source.read(start, end - start)).buffer,
  };
  const unpackers = { ...compressors, LZ4: unpackLz4(compressors) };
  let names: string[];
  let rows: TableRow[];
  try {
    await pages.checkFooter(source);
    const metadata = await parquetMetadataAsync(file);
    const schema = parquetSchema(metadata);
    names = schema.children.map(({ element }) => element.name);
    refuseHuge(metadata, fileName);
    refuseTypes(metadata, names);
    refuseOtherColumns(metadata, schema);
    refuseOutside(metadata, source.size);
    let unpacked = 0;
    for (const { columns, num_rows } of metadata.row_groups) {
      for (const { meta_data } of columns) {
        const meta = meta_data!;
        const chunk = { meta, path: pages.pathTo(schema, meta), rows: Number(num_rows) };
        unpacked += pages.checkPages(await source.read(...placeOf(meta)), chunk, unpackers);
        refuseBeyond(fileName, 'unpackedBytes', unpacked);
      }
    }
    const objects = await parquetReadObjects({ file, metadata, compressors: unpackers });
    rows = rowsOf(objects, names, fileName);
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`${fileName} is not a readable Parquet file: ${reason}`, [], { cause });
  }
  const columns = names.filter((name) => !isIndex(name));
  const notices =
    columns.length === names.length
      ? []
      : [notice('info', `The row index that pandas keeps in ${fileName} is not used.`)];
  return { fileName, columns, rows, unit: 'record', notices };
}

const isIndex = (name: string): boolean => /^__index_level_\d+__$/.test(name);

/** What a file says of its own size; its pages are measured one by one. */
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

/** Types in which a few bytes may stand for any amount of work, and columns of which one would hide the other. */
function refuseTypes({ schema }: FileMetaData, names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`it has two columns named ${twice}.`);
  for (const { name, type, type_length, converted_type, logical_type } of schema) {
    if (logical_type?.type === 'VARIANT') {
      throw new Error(`column ${name} is of the type VARIANT, which is not read.`);
    }
    const decimal = converted_type === 'DECIMAL' || logical_type?.type === 'DECIMAL';
    if (decimal && (type === 'BYTE_ARRAY' || (type_length ?? 0) > MAX_DECIMAL_BYTES)) {
      throw new Error(
        `column ${name} has decimal numbers that may be longer than ${MAX_DECIMAL_BYTES} bytes, which are not read.`,
      );
    }
  }
}

/**
 * Every row group has to hold the columns of the schema: the reader starts on all of them at once, and would leave
 * the others running after one that it does not know.
 */
function refuseOtherColumns({ row_groups }: FileMetaData, schema: SchemaTree): void {
  const leaves = (tree: SchemaTree): string[] =>
    tree.children.length === 0 ? [JSON.stringify(tree.path)] : tree.children.flatMap(leaves);
  const expected = schema.children.flatMap(leaves).sort();
  row_groups.forEach(({ columns }, i) => {
    const got = columns.map(({ meta_data }) => JSON.stringify(meta_data?.path_in_schema)).sort();
    if (got.length === expected.length && got.every((path, c) => path === expected[c])) return;
    throw new Error(
      `row group ${i + 1} has the columns ${got.join(', ')}, expected ${expected.join(', ')}.`,
    );
  });
}

/** Of columns that lie outside the file one would be read, and the others left to fail by themselves. */
function refuseOutside({ row_groups }: FileMetaData, size: number): void {
  for (const { meta_data } of row_groups.flatMap(({ columns }) => columns)) {
    const [start, length] = placeOf(meta_data!);
    if (start >= 0 && length >= 0 && start + length <= size) continue;
    const column = meta_data!.path_in_schema.join('.');
    throw new Error(`column ${column} lies at bytes ${start} to ${start + length} of ${size}.`);
  }
}

/** Offset and length of a column's pages, in bytes. */
function placeOf(meta: ColumnMetaData): [number, number] {
  const { dictionary_page_offset, data_page_offset, total_compressed_size } = meta;
  // The reader takes an offset of 0 for none, as there the file's first bytes lie.
  return [Number(dictionary_page_offset || data_page_offset), Number(total_compressed_size)];
}

function rowsOf(
  objects: readonly Record<string, unknown>[],
  names: readonly string[],
  fileName: string,
): TableRow[] {
  const columns = names.filter((name) => !isIndex(name));
  let characters = 0;
  const plain = plainOf(fileName, (text) => {
    refuseBeyond(fileName, 'cellLength', text.length);
    // One text of a dictionary may stand in every row.
    refuseBeyond(fileName, 'unpackedBytes', (characters += text.length));
  });
  return objects.map((object, i): TableRow => ({
    line: i + 1,
    values: Object.fromEntries(columns.map((name) => [name, plain(object[name], 0)])),
  }));
}

/** Values as JSON has them: 64-bit integers beyond 2⁵³ as a text of their digits, dates as ISO 8601. */
function plainOf(fileName: string, measure: (text: string) => void) {
  const plain = (value: unknown, depth: number): unknown => {
    if (typeof value === 'string') measure(value);
    if (typeof value === 'bigint') {
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    }
    if (typeof value === 'number') return Number.isNaN(value) ? null : value;
    if (value instanceof Date) return value.toISOString();
    if (typeof value !== 'object' || value === null) return value ?? null;
    refuseBeyond(fileName, 'depth', depth + 1);
    if (ArrayBuffer.isView(value)) {
      return Array.from(value as unknown as ArrayLike<unknown>, (one) => plain(one, depth + 1));
    }
    if (Array.isArray(value)) return value.map((one) => plain(one, depth + 1));
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, plain(inner, depth + 1)]),
    );
  };
  return plain;
}
