/**
 * Results as JSON files that carry their own SHA-256, as the last key, `checksum`: of all that stands
 * before it. Any program reads them as JSON; files of earlier versions have none.
 */
import { DataError } from '../../errors.ts';
import { Sha256 } from '../../storage/sha256.ts';

const LAST_KEY = /,"checksum":"sha256:([0-9a-f]{64})"\}\s*$/;

/** @param value an object with at least one key */
export function checkedJson(value: object): string {
  const content = JSON.stringify(value).slice(0, -1);
  return `${content},"checksum":"sha256:${digestOf(content)}"}`;
}

/**
 * @param name for errors
 * @returns the value without its checksum, and whether it had one
 * @throws DataError for text that is cut or damaged
 */
export function readCheckedJson(
  text: string,
  name: string,
): { value: Record<string, unknown>; verified: boolean } {
  const end = LAST_KEY.exec(text);
  if (end && digestOf(text.slice(0, end.index)) !== end[1]) {
    throw new DataError(`${name} is damaged: it is not what its checksum was made of.`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DataError(`${name} is damaged: it is not valid JSON.`, [], { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DataError(`${name} is damaged: expected an object.`);
  }
  const record = value as Record<string, unknown>;
  if (end) delete record['checksum'];
  return { value: record, verified: end !== null };
}

function digestOf(text: string): string {
  return new Sha256().update(new TextEncoder().encode(text)).hex();
}
