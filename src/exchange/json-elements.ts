/**
 * Cuts JSON text into the elements of its outermost list without parsing it, so that one broken
 * record can be named by its line while the others are still read.
 */

import { endOfString } from './lossless-json.ts';

export interface JsonElement {
  text: string;
  /** Line where the element starts, from 1. */
  line: number;
}

/**
 * Elements of the list that opens at `start`, cut at its top-level commas.
 * @returns undefined when there is no list at `start` or it is never closed.
 */
export function jsonElements(
  text: string,
  start = 0,
): { elements: JsonElement[]; end: number } | undefined {
  if (text[start] !== '[') return undefined;
  const elements: JsonElement[] = [];
  let line = 1 + countLines(text, 0, start);
  let elementLine = 0;
  let elementStart = start + 1;
  let depth = 0;
  let inString = false;
  const cut = (end: number): void => {
    const element = text.slice(elementStart, end).trim();
    if (element !== '') elements.push({ text: element, line: elementLine });
    elementStart = end + 1;
    elementLine = 0;
  };
  for (let i = start; i < text.length; i++) {
    const c = text[i]!;
    if (c === '\n') line++;
    if (i > start && elementLine === 0 && c.trim() !== '' && c !== ',') elementLine = line;
    if (inString) {
      if (c === '\\') i++;
      // A raw line break ends a broken string: JSON strings cannot hold one.
      else if (c === '"' || c === '\n') inString = false;
    } else if (c === '"') inString = true;
    else if (c === '[' || c === '{') depth++;
    else if (c === ']' || c === '}') {
      depth--;
      if (depth === 0) {
        cut(i);
        return { elements, end: i };
      }
    } else if (c === ',' && depth === 1) cut(i);
  }
  return undefined;
}

/** The objects of a text that holds one after another, each on as many lines as it likes. */
export function jsonObjects(text: string): JsonElement[] {
  const objects: JsonElement[] = [];
  let depth = 0;
  let start = 0;
  let line = 1;
  let startLine = 1;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === '\n') line++;
    else if (c === '"') i = endOfString(text, i) - 1;
    else if (c === '{' || c === '[') {
      if (depth++ === 0) [start, startLine] = [i, line];
    } else if ((c === '}' || c === ']') && --depth === 0) {
      objects.push({ text: text.slice(start, i + 1), line: startLine });
    }
  }
  return objects;
}

function countLines(text: string, from: number, to: number): number {
  let lines = 0;
  for (let i = from; i < to; i++) if (text[i] === '\n') lines++;
  return lines;
}
