/**
 * The header of a safetensors file, checked as if its writer meant harm: before anything is
 * allocated every tensor must have a known format, a sane shape and its own bytes inside the file.
 * Layout: u64 little-endian header length, JSON padded with spaces, then the data.
 */
import { ModelFileError } from '../errors.ts';
import { sizeProblem } from '../json-text.ts';
import { MAX_SAFETENSORS_HEADER_BYTES, MAX_TENSORS } from '../limits.ts';
import { unknownKeys, unknownKeysNotice } from '../key-account.ts';
import { notice, type Notice } from '../notices.ts';
import { isObject } from './byte-source.ts';
import { findRepeatedKeys } from './json-keys.ts';
import { throwProblems } from './problems.ts';

/** Bits a number, by format name. Known to exist; which of them are read is decided elsewhere. */
const BITS: ReadonlyMap<string, number> = new Map([
  ['BOOL', 8],
  ['F4', 4],
  ['F6_E2M3', 6],
  ['F6_E3M2', 6],
  ['U8', 8],
  ['I8', 8],
  ['F8_E5M2', 8],
  ['F8_E4M3', 8],
  ['F8_E8M0', 8],
  ['F8_E5M2FNUZ', 8],
  ['F8_E4M3FNUZ', 8],
  ['I16', 16],
  ['U16', 16],
  ['F16', 16],
  ['BF16', 16],
  ['I32', 32],
  ['U32', 32],
  ['F32', 32],
  ['C64', 64],
  ['F64', 64],
  ['I64', 64],
  ['U64', 64],
]);

export interface SafetensorsEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** First byte in the file, and its count. */
  readonly offset: number;
  readonly length: number;
}

export interface SafetensorsHeader {
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Keys of entries that the format does not have, and writers that lay tensors out otherwise. */
  readonly notices: readonly Notice[];
}

const ENTRY_KEYS: ReadonlySet<string> = new Set(['dtype', 'shape', 'data_offsets']);
/** Writers whose tensors have the usual names and orientation. All else in __metadata__ is free text. */
const FORMATS: readonly unknown[] = [undefined, 'pt', 'np', 'mlx', 'gguf'];

/**
 * Length in bytes of the JSON that follows the first 8 bytes; throws a ModelFileError when it does
 * not fit the file.
 */
export function headerLength(start: Uint8Array, fileSize: number, fileName: string): number {
  if (fileSize < 8 || start.byteLength < 8) {
    throw new ModelFileError(
      `${fileName}: expected a safetensors file, found only ${fileSize} bytes; it needs at least 8.`,
    );
  }
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > MAX_SAFETENSORS_HEADER_BYTES || length + 8 > fileSize) {
    throw new ModelFileError(
      `${fileName}: the header claims ${length} bytes, but the file has ${fileSize} and at most ${MAX_SAFETENSORS_HEADER_BYTES} are allowed. Is it a safetensors file, and complete?`,
    );
  }
  return length;
}

/**
 * Reads the header from the first bytes of a file (at least 8 + header length of them) of
 * `fileSize` bytes. Throws one ModelFileError that lists everything wrong.
 */
export function parseSafetensorsHeader(
  bytes: Uint8Array,
  fileSize: number,
  fileName: string,
): SafetensorsHeader {
  const length = headerLength(bytes, fileSize, fileName);
  if (bytes.byteLength < 8 + length) {
    throw new ModelFileError(
      `${fileName}: the header needs ${8 + length} bytes, ${bytes.byteLength} were given.`,
    );
  }
  const { json, members } = decodeHeader(bytes.subarray(8, 8 + length), fileName);
  const problems: string[] = [];
  for (const key of findRepeatedKeys(json)) problems.push(`"${key}" is written twice.`);

  const entries = new Map<string, SafetensorsEntry>();
  let metadata: Record<string, string> = {};
  const unknown: string[] = [];
  const dataStart = 8 + length;
  for (const [name, value] of members) {
    if (name === '__metadata__') {
      metadata = readMetadata(value, problems);
    } else {
      const entry = readEntry(value, dataStart);
      if (typeof entry === 'string') problems.push(`"${name}": ${entry}`);
      else entries.set(name, entry);
      const inside = isObject(value) ? Object.entries(value) : [];
      for (const key of unknownKeys(inside, ENTRY_KEYS, {})) unknown.push(`${name}.${key}`);
    }
  }
  // Gaps are only meaningful once every entry could be read.
  if (problems.length === 0) checkLayout(entries, dataStart, fileSize, problems);
  throwProblems(`${fileName}: the safetensors header is broken.`, problems);
  const notices = unknownKeysNotice(fileName, unknown);
  if (!FORMATS.includes(metadata['format'])) {
    const text = `${fileName} was written by "${metadata['format']}", which may lay tensors out otherwise.`;
    notices.push(notice('doubtful', text, [`${fileName}: __metadata__.format`]));
  }
  return { entries, metadata, notices };
}

/** A key for the tensor, three inside, and their values; the notes of the writer have some of their own. */
const HEADER_LIMITS = { depth: 8, keys: 5 * MAX_TENSORS, values: 20 * MAX_TENSORS };

function decodeHeader(
  bytes: Uint8Array,
  fileName: string,
): { json: string; members: [string, unknown][] } {
  const refuse = (reason: string, cause?: unknown): never => {
    throw new ModelFileError(`${fileName}: the safetensors header ${reason}`, [], { cause });
  };
  if (bytes[0] !== 0x7b) refuse('must start with "{". Is it a safetensors file?');
  try {
    const json = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const problem = sizeProblem(json, HEADER_LIMITS);
    if (problem !== undefined) refuse(`has ${problem}`);
    // It begins with a brace, so it is an object.
    return { json, members: Object.entries(JSON.parse(json) as Record<string, unknown>) };
  } catch (cause) {
    if (cause instanceof ModelFileError) throw cause;
    return refuse('is not valid JSON in UTF-8.', cause);
  }
}

function readMetadata(value: unknown, problems: string[]): Record<string, string> {
  if (!isObject(value)) {
    problems.push('__metadata__ must map strings to strings.');
    return {};
  }
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') problems.push(`__metadata__."${key}" must be a string.`);
  }
  return value as Record<string, string>;
}

/** The entry, or a sentence that says what is wrong with it. */
function readEntry(value: unknown, dataStart: number): SafetensorsEntry | string {
  if (!isObject(value)) return 'expected an object with dtype, shape and data_offsets.';
  const { dtype, shape, data_offsets: offsets } = value;
  const bits = typeof dtype === 'string' ? BITS.get(dtype) : undefined;
  if (bits === undefined) return `unknown dtype ${show(dtype)}.`;
  if (!isCountList(shape)) return `shape ${show(shape)} must be a list of whole numbers.`;
  if (!isCountList(offsets) || offsets.length !== 2) {
    return `data_offsets ${show(offsets)} must be two whole numbers.`;
  }
  const [begin, end] = offsets as [number, number];
  const bytes = (shape.reduce((product, side) => product * side, 1) * bits) / 8;
  if (!Number.isSafeInteger(bytes)) {
    return `shape ${show(shape)} in ${String(dtype)} has an impossible size.`;
  }
  if (end - begin !== bytes) {
    return `shape ${show(shape)} in ${String(dtype)} needs ${bytes} bytes, but data_offsets span ${end - begin}.`;
  }
  return { dtype: String(dtype), shape, offset: dataStart + begin, length: bytes };
}

/** A value as it stood in the header; a missing one as "nothing". */
function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 100);
}

function isCountList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((side) => Number.isSafeInteger(side) && side >= 0);
}

/** The tensors must cover the data exactly: no holes, no overlaps, nothing after the last. */
function checkLayout(
  entries: ReadonlyMap<string, SafetensorsEntry>,
  dataStart: number,
  fileSize: number,
  problems: string[],
): void {
  let reached = dataStart;
  const inOrder = [...entries].sort(([, a], [, b]) => a.offset - b.offset || a.length - b.length);
  for (const [name, { offset, length }] of inOrder) {
    if (offset > reached) problems.push(`${offset - reached} unused bytes before "${name}".`);
    if (offset < reached) problems.push(`"${name}" overlaps the tensor before it.`);
    reached = Math.max(reached, offset + length);
  }
  if (reached !== fileSize) {
    problems.push(
      `The tensors end at byte ${reached}, but the file has ${fileSize} bytes: it is ${reached > fileSize ? 'truncated' : 'too long'}.`,
    );
  }
}
