/** Questions left out by their ids, from the options --exclude and --exclude-file. */
import { basename } from 'node:path';
import { refuseHugeJson } from '../data/json-size.ts';
import { capProblems } from '../data/problems.ts';
import { excludeRows, type ResponseSet } from '../data/response-set.ts';
import { DataError } from '../errors.ts';
import { notice, type Notice } from '../notices.ts';
import { readTextInput } from './read-file.ts';

/**
 * @param ids as they stand in the command
 * @param file with further ids: a JSON list of texts, or one id a line
 * @throws DataError for a file that cannot be read
 */
export async function excludedIds(ids: readonly string[] = [], file?: string): Promise<string[]> {
  if (file === undefined) return [...new Set(ids)];
  const text = await readTextInput(file);
  return [...new Set([...ids, ...idsIn(text.replace(/^\uFEFF/, ''), basename(file))])];
}

/** The sets without those questions, and a notice of ids that no set has. */
export function leaveOut(
  sets: readonly ResponseSet[],
  ids: readonly string[],
): { sets: ResponseSet[]; notices: Notice[] } {
  const left = new Set(ids);
  const known = new Set(sets.flatMap(({ rows }) => rows.map(({ id }) => id)));
  const unknown = ids.filter((id) => !known.has(id));
  const text = 'No question has one of the ids that are to be left out.';
  return {
    sets: sets.map((set) => excludeRows(set, left)),
    notices: unknown.length > 0 ? [notice('doubtful', text, unknown)] : [],
  };
}

/** @throws DataError for a JSON list of anything but texts */
export function idsIn(text: string, name: string): string[] {
  if (!text.trimStart().startsWith('[')) {
    return text.split(/\r\n|\n|\r/).filter((line) => line !== '');
  }
  refuseHugeJson(text, name);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DataError(`${name} is not valid JSON.`, [String(cause)], { cause });
  }
  const problems = (value as unknown[]).flatMap((id, i) =>
    typeof id === 'string' ? [] : [`${i}: expected text, got ${JSON.stringify(id)}.`],
  );
  if (problems.length > 0) throw new DataError(`${name} is no list of ids.`, capProblems(problems));
  return value as string[];
}
