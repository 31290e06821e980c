/** How large and how deep JSON text is, before it is parsed: a parser would spend the memory first. */
import { beyond, limits, refuseBeyond, type LimitName } from '../limits.ts';

interface JsonSize {
  depth: number;
  values: number;
  /** Of the largest object. */
  keys: number;
  /** Of the longest string, in UTF-16 units. */
  cellLength: number;
}

const [QUOTE, COMMA, COLON, BACKSLASH] = [0x22, 0x2c, 0x3a, 0x5c];
const [LIST, LIST_END, OBJECT, OBJECT_END, LINE_FEED] = [0x5b, 0x5d, 0x7b, 0x7d, 0x0a];

/** One pass over the text, valid or not, in as much memory as the limit of nesting allows. */
function jsonSize(text: string): JsonSize {
  const size = { depth: 0, values: 1, keys: 0, cellLength: 0 };
  const keysAt = new Uint32Array(limits.depth.most + 2);
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) {
      const start = i;
      // A raw line break ends a broken string: JSON strings cannot hold one.
      for (i++; i < text.length; i++) {
        const inside = text.charCodeAt(i);
        if (inside === QUOTE || inside === LINE_FEED) break;
        if (inside === BACKSLASH) i++;
      }
      if (i - start > size.cellLength) size.cellLength = i - start - 1;
    } else if (c === LIST || c === OBJECT) {
      depth++;
      size.values++;
      if (depth > size.depth) size.depth = depth;
      if (depth < keysAt.length) keysAt[depth] = 0;
    } else if (c === LIST_END || c === OBJECT_END) {
      if (depth > 0) depth--;
    } else if (c === COMMA) size.values++;
    else if (c === COLON && depth < keysAt.length) {
      const keys = ++keysAt[depth]!;
      if (keys > size.keys) size.keys = keys;
    }
  }
  return size;
}

/** @throws DataError that names the file, for JSON text that would take too much to parse */
export function refuseHugeJson(text: string, fileName: string): void {
  for (const [name, measured] of Object.entries<number>({ ...jsonSize(text) })) {
    refuseBeyond(fileName, name as LimitName, measured);
  }
}

/**
 * JSON in a cell.
 * @returns undefined for text that is not valid JSON, or is nested too deep to be compared and written again
 */
export function jsonOfCell(text: string): unknown {
  if (beyond('depth', jsonSize(text).depth) !== undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // Text that merely starts with a bracket.
  }
}
