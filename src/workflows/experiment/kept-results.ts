/** Finished stages and their measurements as files, checked on reading; what is damaged is done again. */
import { DataError, StorageError } from '../../errors.ts';
import type { SetMeasurement } from '../../experiment/run/measurement.ts';
import type { ResultStore, StageResult } from '../../experiment/run/results.ts';
import { notice, type Notice } from '../../notices.ts';
import { checkedJson, readCheckedJson } from './checked-json.ts';

/** Texts by name, each written whole or not at all. */
export interface TextFiles {
  /** @throws StorageError for a file that is known to be damaged */
  read(name: string): Promise<string | undefined>;
  write(name: string, text: string): Promise<void>;
  /** Keeps a damaged file under another name. */
  setAside(name: string, as: string): Promise<void>;
}

/** "pieces" is the name that stages have had on disk from the start. */
const stageName = (id: string) => `pieces/${id}.json`;
const measurementName = (id: string) => `measured/${id}.json`;

/** @param hear of files that are damaged */
export function keptResults(
  texts: TextFiles,
  hear: (one: Notice) => void,
): Omit<ResultStore, 'underWay'> {
  const measurements = keptMeasurements(texts, hear);
  return {
    ...measurements,
    async read(id) {
      const stage = await readKept(texts, stageName(id), (value) => stageProblem(value, id), hear);
      const result = stage as StageResult | undefined;
      if (result?.kind !== 'familiarity' || result.recorded !== true) return result;
      // Its tokens belong to it: a stage whose measurement is damaged is measured again.
      const name = measurementName(id);
      if ((await checkKept(texts, name, measurementProblem)) === undefined) return result;
      await texts.setAside(stageName(id), `${stageName(id)}.damaged`);
      await measurements.readMeasurement(id);
      return undefined;
    },
    write: (result) => texts.write(stageName(result.id), checkedJson(result)),
  };
}

/** Every token's NLL of the stages that were measured, also of results that are not open. */
export function keptMeasurements(
  texts: TextFiles,
  hear: (one: Notice) => void,
): Pick<ResultStore, 'readMeasurement' | 'writeMeasurement'> {
  return {
    readMeasurement: async (id) =>
      (await readKept(texts, measurementName(id), measurementProblem, hear)) as
        SetMeasurement | undefined,
    writeMeasurement: (id, one) => texts.write(measurementName(id), checkedJson(one)),
  };
}

type Problem = (value: Record<string, unknown>) => string | undefined;

/** The value, or undefined where there is none or it is damaged: then it is set aside and named. */
async function readKept(
  texts: TextFiles,
  name: string,
  problemOf: Problem,
  hear: (one: Notice) => void,
): Promise<unknown> {
  const problem = await checkKept(texts, name, problemOf);
  if (problem === undefined) {
    const text = await texts.read(name);
    return text === undefined ? undefined : readCheckedJson(text, name).value;
  }
  await texts.setAside(name, `${name}.damaged`);
  const text = `A result cannot be used. It is kept as ${name}.damaged, and what it held is computed again.`;
  hear(notice('doubtful', text, [problem]));
  return undefined;
}

/** What is wrong with a file; undefined for a good one and for none. */
async function checkKept(
  texts: TextFiles,
  name: string,
  problemOf: Problem,
): Promise<string | undefined> {
  try {
    const text = await texts.read(name);
    if (text === undefined) return undefined;
    const { value, verified } = readCheckedJson(text, name);
    const problem = verified ? undefined : problemOf(value);
    return problem === undefined ? undefined : `${name}: ${problem}`;
  } catch (error) {
    if (error instanceof DataError || error instanceof StorageError) return error.message;
    throw error;
  }
}

/** What every version has written of a stage. */
const LISTS: Readonly<Record<StageResult['kind'], readonly string[]>> = {
  base: ['test', 'retention', 'own'],
  set: ['correct'],
  familiarity: [],
  run: ['test', 'retention', 'curve'],
};

function stageProblem(value: Record<string, unknown>, id: string): string | undefined {
  if (value['id'] !== id) return `expected the result of ${id}.`;
  const kind = String(value['kind']);
  if (!Object.hasOwn(LISTS, kind)) return `"${kind}" is no kind of result.`;
  const missing = LISTS[kind as StageResult['kind']].filter((key) => !Array.isArray(value[key]));
  const measured = Array.isArray(value['answers']) || isObject(value['sets']);
  if (kind === 'familiarity' && !measured) missing.push('answers');
  if (kind === 'set' && !isObject(value['set'])) missing.push('set');
  return missing.length > 0 ? `${missing.join(', ')}: missing or not a list.` : undefined;
}

const measurementProblem: Problem = ({ rows, skipped, model }) =>
  Array.isArray(rows) && Array.isArray(skipped) && isObject(model)
    ? undefined
    : 'rows, skipped or model are missing.';

const isObject = (value: unknown) => typeof value === 'object' && value !== null;
