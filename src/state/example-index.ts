/** The example sets that come with the page: `data/index.json`, checked before it is used, and its files. */
import { readRecords } from '../data/records.ts';
import type { ResponseSet } from '../data/response-set.ts';
import { DataError, DownloadError } from '../errors.ts';
import { parseTable } from '../exchange/read-table.ts';

export interface ExampleEntry {
  /** A .jsonl file beside the index. */
  file: string;
  name: string;
  description: string;
}

export interface ExampleIndex {
  sets: ExampleEntry[];
  /** Questions that no set contains, to measure what training gives. */
  validation?: ExampleEntry;
}

/** @throws DataError when the text is not such a list, with every problem. */
export function readExampleIndex(text: string): ExampleIndex {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const what = 'data/index.json is not JSON; the server may have sent a page instead.';
    throw new DataError(what, [], { cause });
  }
  const problems: string[] = [];
  // The schema library comes with the experiments, after the page; two shapes need none.
  const entry = (place: string, given: unknown): ExampleEntry => {
    const { file, name, description = '' } = (given ?? {}) as Record<string, unknown>;
    if (typeof file !== 'string' || !/^[\w.-]+\.jsonl$/.test(file)) {
      problems.push(`${place}.file: must be a .jsonl file beside the index`);
    }
    if (typeof name !== 'string') problems.push(`${place}.name: must be a text`);
    if (typeof description !== 'string') problems.push(`${place}.description: must be a text`);
    return { file, name, description } as ExampleEntry;
  };
  const { sets, validation } = (value ?? {}) as Record<string, unknown>;
  if (!Array.isArray(sets) || sets.length === 0) problems.push('sets: must be a list of sets');
  const index = {
    sets: Array.isArray(sets) ? sets.map((set, i) => entry(`sets.${i}`, set)) : [],
    ...(validation !== undefined && { validation: entry('validation', validation) }),
  };
  if (problems.length > 0) {
    throw new DataError('data/index.json is not a list of example sets.', problems);
  }
  return index;
}

/** Files of the example data, below the page; tests hand in their own. */
export type FetchFile = (path: string) => Promise<Response>;

/** @throws DataError as `readExampleIndex`; DownloadError when a file cannot be fetched */
export async function readExamples(
  fetchFile: FetchFile,
): Promise<{ sets: ResponseSet[]; heldOut: ResponseSet | undefined }> {
  const { sets, validation } = readExampleIndex(await textOf(fetchFile, 'data/index.json'));
  return {
    sets: await Promise.all(sets.map((entry) => readExample(fetchFile, entry))),
    heldOut: validation && (await readExample(fetchFile, validation)),
  };
}

async function readExample(
  fetchFile: FetchFile,
  { file, name, description }: ExampleEntry,
): Promise<ResponseSet> {
  const table = parseTable(await textOf(fetchFile, `data/${file}`), file, 'jsonl');
  const mapping = { id: 'id', question: 'question', responses: ['response'], gold: 'gold' };
  const [set] = readRecords(table, mapping).sets;
  return { ...set!, name, description, provenance: `Example data, ${set!.rows.length} answers.` };
}

async function textOf(fetchFile: FetchFile, path: string): Promise<string> {
  let response: Response;
  try {
    response = await fetchFile(path);
  } catch (cause) {
    throw new DownloadError(`${path} could not be fetched.`, [], { cause });
  }
  if (!response.ok) {
    throw new DownloadError(
      `${path} could not be fetched: the server answered ${response.status}.`,
    );
  }
  return response.text();
}
