/**
 * Every key of a file that is read is accounted for: used, known to change nothing here, or refused by
 * name by its reader. Keys that are left over are named to the person, so that nothing is read and then
 * ignored in silence. The tables of harmless keys stand beside their readers, each key with its reason.
 */
import { notice, type Notice } from './notices.ts';

/** Keys that change nothing that is computed here → the reason. "name.*" stands for all that begin so. */
export type Harmless = Readonly<Record<string, string>>;

/** Whether a setting asks for nothing: null, false, 0, an empty text, list or object. */
export function isOff(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return !value;
}

/** Keys that are neither used nor known to be harmless; one that says null says nothing. */
export function unknownKeys(
  entries: Iterable<readonly [key: string, value: unknown]>,
  used: ReadonlySet<string>,
  harmless: Harmless,
): string[] {
  const beginnings = Object.keys(harmless).flatMap((key) =>
    key.endsWith('.*') ? [key.slice(0, -1)] : [],
  );
  const isKnown = (key: string) =>
    used.has(key) ||
    Object.hasOwn(harmless, key) ||
    beginnings.some((beginning) => key.startsWith(beginning));
  return [...entries].flatMap(([key, value]) =>
    value === null || value === undefined || isKnown(key) ? [] : [key],
  );
}

/** The notice that names the unknown keys of a file; none when there are none. */
export function unknownKeysNotice(fileName: string, keys: readonly string[]): Notice[] {
  if (keys.length === 0) return [];
  return [
    notice(
      'doubtful',
      `${fileName} has settings that Idiolect does not know and did not use; if they change what the model computes, its numbers are not right.`,
      keys.map((key) => `${fileName}: ${key}`),
    ),
  ];
}
