/**
 * JSON that someone brought: `JSON.parse`, after one look at the text that counts its values and how deep they lie.
 * Neither can be asked of the parsed value, since building it is what takes the time.
 */
import { ModelFileError } from './errors.ts';
import { MAX_JSON_DEPTH, MAX_JSON_KEYS, MAX_JSON_VALUES, overLimit } from './limits.ts';

export interface JsonLimits {
  /** Brackets within brackets. */
  depth?: number;
  keys?: number;
  /** Values in all: those of keys, list items, and the lists and objects themselves. */
  values?: number;
}

/** @throws ModelFileError that names the file, for a broken text or one beyond the limits */
export function parseJson(text: string, fileName: string, limits: JsonLimits = {}): unknown {
  const problem = sizeProblem(text, limits);
  if (problem !== undefined) throw new ModelFileError(`${fileName}: the JSON has ${problem}`);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const html = /^\s*</.test(text) ? ' It starts like an HTML page.' : '';
    throw new ModelFileError(
      `${fileName}: expected JSON, but it cannot be parsed (${String(cause)}).${html}`,
      [],
      { cause },
    );
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/** What of a JSON text is beyond the limits, as the end of a sentence; undefined when nothing is. */
export function sizeProblem(
  text: string,
  {
    depth: deepest = MAX_JSON_DEPTH,
    keys: mostKeys = MAX_JSON_KEYS,
    values: most = MAX_JSON_VALUES,
  }: JsonLimits = {},
): string | undefined {
  let [depth, keys, values] = [0, 0, 1];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = endOfString(text, i);
    else if (code === COMMA) values++;
    else if (code === COLON) keys++;
    else if (code === 0x5b || code === 0x7b) {
      values++;
      if (++depth > deepest) return overLimit(depth, 'brackets within brackets', deepest);
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
  if (keys > mostKeys) return overLimit(keys, 'keys', mostKeys);
  return values > most ? overLimit(values, 'values', most) : undefined;
}

/** Index of the closing quote, or the text's length when there is none. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}
