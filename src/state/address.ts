/**
 * Settings in the page's address, behind the `#`, which never leaves the browser: opening the
 * address shows the same set-up. Data is never written there, and what equals its default neither.
 */
import { problemsOf, type Fields, type SettingsOf } from '../fields.ts';

/** A part of the lab whose settings are in the address. */
export interface Addressed {
  /** Name → value of every setting that is not at its default. */
  readonly addressed: Readonly<Record<string, string>>;
  /** Takes what it knows from an address; what does not fit is ignored. */
  restore: (settings: URLSearchParams) => void;
}

/** The settings of an address's hash. */
export function readAddress(hash: string): URLSearchParams {
  return new URLSearchParams(hash.replace(/^#/, ''));
}

/** The hash that holds the settings of all parts, "" when all are at their defaults. */
export function writeAddress(parts: readonly Addressed[]): string {
  const settings = new URLSearchParams();
  for (const part of parts) {
    for (const [name, value] of Object.entries(part.addressed)) settings.set(name, value);
  }
  const text = settings.toString();
  return text === '' ? '' : `#${text}`;
}

/** Puts the hash into the address bar without a step in the history. */
export function showAddress(hash: string): void {
  if (location.hash === hash && isOwnAddress()) return;
  const state = { [OWN]: true };
  history.replaceState(state, '', hash === '' ? location.pathname + location.search : hash);
}

/** The page wrote this address, so that it names every setting; one that was typed or followed may not. */
export function isOwnAddress(): boolean {
  const state: unknown = history.state;
  return typeof state === 'object' && state !== null && OWN in state;
}

/** Mark in the history's entry: a reload finds it, another tab does not. */
const OWN = 'ownAddress';

/** The settings of both, an address's before those that were kept. */
export function mergedSettings(address: URLSearchParams, kept: URLSearchParams): URLSearchParams {
  return new URLSearchParams({ ...Object.fromEntries(kept), ...Object.fromEntries(address) });
}

/** Ids as one setting; those of files may have spaces. */
export function writeIds(ids: readonly string[]): string {
  return ids.map((id) => id.replaceAll(/[%\s]/g, encodeURIComponent)).join(' ');
}

export function readIds(text: string): string[] {
  return text === '' ? [] : text.split(' ').map(decoded);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // Written by hand.
  }
}

/**
 * The fields of a settings object that differ from their defaults, as text. The prefix ("train.")
 * keeps settings of one name apart.
 */
export function changedFields<Table extends Fields>(
  prefix: string,
  fields: Table,
  settings: SettingsOf<Table>,
): Record<string, string> {
  const changed: Record<string, string> = {};
  for (const [name, field] of Object.entries(fields)) {
    const value: unknown = settings[name as keyof Table];
    if (value !== field.default && problemsOf({ [name]: field }, { [name]: value }).length === 0) {
      changed[prefix + name] = String(value);
    }
  }
  return changed;
}

/** The settings an address gives for a table of fields; only those that are valid. */
export function fieldsFromAddress<Table extends Fields>(
  prefix: string,
  fields: Table,
  settings: URLSearchParams,
): Partial<SettingsOf<Table>> {
  const found: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    const text = settings.get(prefix + name);
    if (text === null || text === '') continue;
    const value =
      field.kind === 'number' ? Number(text) : field.kind === 'switch' ? text === 'true' : text;
    if (problemsOf({ [name]: field }, { [name]: value }).length === 0) found[name] = value;
  }
  return found as Partial<SettingsOf<Table>>;
}
