/**
 * How much of anything a file may hold, far above what real ones do. Whatever reads a file compares it with
 * these before it allocates, and errors name the limit and what was found.
 */
import { DataError } from './errors.ts';

/** Of a text that describes a model (config.json, templates); Gemma's tokenizer.json has 34 MB. */
export const MAX_DESCRIPTION_BYTES = 10_000_000;
export const MAX_TOKENIZER_BYTES = 200_000_000;

/**
 * JSON: brackets within brackets, keys, and values in all. A million of either takes about a second to build;
 * Gemma's tokenizer.json has 0.3 million keys and 1.8 million values.
 */
export const MAX_JSON_DEPTH = 500;
export const MAX_JSON_KEYS = 1_000_000;
export const MAX_JSON_VALUES = 5_000_000;

/** Tokens of a vocabulary, and one more than the largest token id. */
export const MAX_VOCABULARY = 4_000_000;

/** Tensors of one file; DeepSeek-V3 has some 90,000 in all its files. */
export const MAX_TENSORS = 200_000;

/** The JSON at the head of a safetensors file; the format's library has the same limit. */
export const MAX_SAFETENSORS_HEADER_BYTES = 100_000_000;
/** Metadata and tensor table of a GGUF file; the largest vocabularies take some 20 MB. */
export const MAX_GGUF_HEAD_BYTES = 128_000_000;

/** Layers of a model, and any other of its sizes. */
export const MAX_LAYERS = 10_000;
export const MAX_MODEL_SIZE = 2 ** 31 - 1;

/** One rendering of a chat template. */
export const MAX_TEMPLATE_CHARACTERS = 1_000_000;
export const MAX_RENDERED_CHARACTERS = 16_000_000;
export const MAX_TEMPLATE_STEPS = 2_000_000;
export const MAX_TEMPLATE_SECONDS = 2;
export const MAX_TEMPLATE_RANGE = 100_000;
export const MAX_TEMPLATE_DEPTH = 400;

/** One search of a regular expression that a file brought, and its instructions. */
export const MAX_REGEX_STEPS = 5_000_000;
export const MAX_REGEX_SIZE = 20_000;

/** "3,000,000 layers, at most 10,000 are read" and the like. */
export function overLimit(count: number, what: string, limit: number): string {
  return `${count.toLocaleString('en')} ${what}; at most ${limit.toLocaleString('en')} are read.`;
}

interface Limit {
  most: number;
  /** What is counted, as it is said after the number. */
  unit: string;
}

/** Of data: tables, records, experiments, archives. */
export const limits = {
  /** Beyond this a browser's strings are no longer safe. */
  fileBytes: { most: 256 * 1024 ** 2, unit: 'bytes' },
  rows: { most: 1_000_000, unit: 'records' },
  columns: { most: 1_000, unit: 'columns' },
  /** Cells of a table, or values of a JSON file however they are nested. */
  cells: { most: 20_000_000, unit: 'cells' },
  values: { most: 20_000_000, unit: 'values' },
  /** Of one object; a table may be written as one object with a key for each record. */
  keys: { most: 1_000_000, unit: 'keys in one object' },
  cellLength: { most: 10_000_000, unit: 'characters in one cell' },
  /** Lists and objects in one another. */
  depth: { most: 100, unit: 'levels of nesting' },
  /** Writers of one file. */
  sets: { most: 200, unit: 'sets of answers' },
  /** Of one experiment: each arm is trained once with each. */
  seeds: { most: 100, unit: 'seeds' },
  zipFiles: { most: 1_000, unit: 'files' },
  unpackedBytes: { most: 1024 ** 3, unit: 'bytes once unpacked' },
} satisfies Record<string, Limit>;

export type LimitName = keyof typeof limits;

/** What to say of a measure of data beyond its limit; undefined for one within it. */
export function beyond(name: LimitName, measured: number): string | undefined {
  const { most, unit } = limits[name];
  return measured > most ? overLimit(measured, unit, most) : undefined;
}

/** @throws DataError that names the place and what was measured there */
export function refuseBeyond(place: string, name: LimitName, measured: number): void {
  const problem = beyond(name, measured);
  if (problem !== undefined) throw new DataError(`${place}: ${problem}`);
}
