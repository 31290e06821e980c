/**
 * A checkpoint as one safetensors file, so that it is written whole or not. Its metadata names the
 * SHA-256 of the file (taken with zeros in the hash's own place): one flipped bit anywhere is found.
 */
import * as v from 'valibot';
import { DataError, ModelFileError } from '../errors.ts';
import { sha256Of } from '../storage/sha256.ts';
import {
  parseSafetensorsHeader,
  type SafetensorsEntry,
  type SafetensorsHeader,
} from '../storage/safetensors-header.ts';
import { writeSafetensors, type TensorToWrite } from '../storage/safetensors.ts';
import type { Checkpoint } from './checkpoint.ts';
import { checksSchema, reportTable, tableReports } from './run-history.ts';

/** The name it has in a run's folder. */
export const CHECKPOINT_FILE = 'checkpoint.safetensors';
/** Longest time of a run that can be lost. */
export const CHECKPOINT_SECONDS = 30;

const VERSION = '4';
/** Beside the weights and not in the header, which has a limit: a long run reports a million times. */
const REPORTS = 'history.reports';
const NO_HASH = '0'.repeat(64);
/** As the writer of the header writes it. */
const HASH_KEY = '"sha256":"';

export async function encodeCheckpoint(checkpoint: Checkpoint): Promise<Uint8Array<ArrayBuffer>> {
  const tensors: TensorToWrite[] = [];
  const put = (name: string, shape: number[], data: Float32Array) =>
    tensors.push({ name, shape, dtype: 'F32', data });
  for (const [name, { shape, values }] of checkpoint.parameters) {
    const [momentum, variance] = checkpoint.moments.get(name)!;
    put(`parameter.${name}`, shape, values);
    put(`exp_avg.${name}`, shape, momentum!);
    put(`exp_avg_sq.${name}`, shape, variance!);
  }
  const { shape, values } = reportTable(checkpoint.history.reports);
  tensors.push({ name: REPORTS, shape, dtype: 'F64', data: values });
  const bytes = writeSafetensors(tensors, {
    format: 'idiolect-checkpoint',
    version: VERSION,
    facts: JSON.stringify(checkpoint.facts),
    updates: String(checkpoint.updates),
    progress: JSON.stringify(checkpoint.progress),
    checks: JSON.stringify(checkpoint.history.checks),
    sha256: NO_HASH,
  });
  const place = hashPlace(bytes);
  bytes.set(new TextEncoder().encode(await sha256Of(bytes)), place);
  return bytes;
}

/** @throws DataError that names the file and all that is wrong with it */
export async function decodeCheckpoint(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Checkpoint> {
  const broken = (...problems: string[]) =>
    new DataError(`${name} is damaged or not a checkpoint.`, problems);
  let header: SafetensorsHeader;
  try {
    header = parseSafetensorsHeader(bytes, bytes.length, name);
  } catch (error) {
    if (!(error instanceof ModelFileError)) throw error;
    throw broken(error.message);
  }
  const { format, version, sha256, ...texts } = header.metadata;
  if (format !== 'idiolect-checkpoint') throw broken('Its metadata names no checkpoint format.');
  if (version !== VERSION) {
    throw new DataError(
      `${name} is a checkpoint of ${Number(version) < Number(VERSION) ? 'an earlier' : 'another'} version of this program, which cannot go on from it. Start the run anew.`,
    );
  }
  if (sha256 === undefined || (await hashWithout(bytes)) !== sha256) {
    throw broken('Its content is not what was written: the SHA-256 in it is another.');
  }
  const parsed = v.safeParse(metadataSchema, texts);
  if (!parsed.success) {
    const problems = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? ''}: ${issue.message}`);
    throw broken(...problems.slice(0, 12));
  }
  const read = ({ offset, length }: SafetensorsEntry) =>
    bytes.slice(offset, offset + length).buffer;
  const parameters: Checkpoint['parameters'] = new Map();
  const moments: Checkpoint['moments'] = new Map();
  const problems: string[] = [];
  for (const [key, stored] of header.entries) {
    if (!key.startsWith('parameter.')) continue;
    const parameter = key.slice('parameter.'.length);
    const kept = ['parameter', 'exp_avg', 'exp_avg_sq']
      .map((prefix) => header.entries.get(`${prefix}.${parameter}`))
      .filter((one) => one?.dtype === 'F32' && one.shape.join() === stored.shape.join());
    const [values, ...both] = kept.map((one) => new Float32Array(read(one!)));
    if (values === undefined || both.length < 2) {
      problems.push(`${parameter}: its moments are missing, or of another kind or shape.`);
      continue;
    }
    parameters.set(parameter, { shape: [...stored.shape], values });
    moments.set(parameter, both);
  }
  const table = header.entries.get(REPORTS);
  const reports =
    table?.dtype === 'F64' ? tableReports(table.shape, new Float64Array(read(table))) : undefined;
  if (!reports)
    problems.push(`${REPORTS}: expected the log of the run, a row of numbers a report.`);
  if (!reports || problems.length > 0) throw broken(...problems.slice(0, 12));
  const { checks, ...state } = parsed.output;
  return { ...state, history: { reports, checks }, parameters, moments };
}

/** SHA-256 of the file with zeros in the hash's place; undefined when it has none. */
async function hashWithout(bytes: Uint8Array<ArrayBuffer>): Promise<string | undefined> {
  const place = hashPlace(bytes);
  if (place < 0) return undefined;
  // In place: such a file may be larger than what is free.
  const digits = bytes.slice(place, place + NO_HASH.length);
  bytes.set(new TextEncoder().encode(NO_HASH), place);
  const hash = await sha256Of(bytes);
  bytes.set(digits, place);
  return hash;
}

/** Where the hash's digits stand; below 0 when there are none. */
function hashPlace(bytes: Uint8Array<ArrayBuffer>): number {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = bytes.subarray(8, 8 + length);
  const key = new TextEncoder().encode(HASH_KEY);
  for (let at = header.indexOf(key[0]!); at >= 0; at = header.indexOf(key[0]!, at + 1)) {
    if (key.every((byte, i) => header[at + i] === byte)) return 8 + at + key.length;
  }
  return -1;
}

/** JSON in a string, then as `schema` says. */
const json = <Schema extends v.GenericSchema>(schema: Schema) =>
  v.pipe(v.string(), v.parseJson(undefined, 'expected JSON'), schema);

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const metadataSchema = v.object({
  facts: json(v.record(v.string(), v.union([v.string(), v.number(), v.boolean()]))),
  updates: v.pipe(v.string(), v.transform(Number), count),
  progress: json(
    v.object({
      step: count,
      cursor: v.object({ epoch: count, position: count }),
      tokensSeen: count,
      examplesSeen: count,
      elapsedSeconds: v.number(),
      lossSum: v.number(),
      lossWeight: v.number(),
      gradientNorm: v.number(),
      reportedStep: v.pipe(v.number(), v.integer()),
      validationBefore: v.optional(v.number()),
      validationAfter: v.optional(v.number()),
    }),
  ),
  checks: json(checksSchema),
});
