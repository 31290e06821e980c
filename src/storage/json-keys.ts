/**
 * Keys written twice in one JSON object. `JSON.parse` keeps the last and says nothing, so that two
 * readers of one file could see different tensors.
 */

/**
 * The repeated keys of a text that `JSON.parse` has accepted, each as a path such as `weight.shape`.
 */
export function findRepeatedKeys(json: string): string[] {
  const repeated: string[] = [];
  // One entry for each open bracket: the keys seen in an object, or undefined inside a list.
  const open: { keys: Set<string> | undefined; path: string }[] = [];
  let lastKey = '';
  for (let i = 0; i < json.length; i++) {
    const character = json[i]!;
    const level = open.at(-1);
    if (character === '{' || character === '[') {
      const path = level === undefined ? '' : `${level.path}${lastKey}.`;
      open.push({ keys: character === '{' ? new Set() : undefined, path });
      if (character === '[') lastKey = '';
    } else if (character === '}' || character === ']') {
      open.pop();
    } else if (character === '"') {
      const end = endOfString(json, i);
      if (level?.keys !== undefined && isKey(json, end)) {
        lastKey = JSON.parse(json.slice(i, end)) as string;
        if (level.keys.has(lastKey)) repeated.push(`${level.path}${lastKey}`);
        level.keys.add(lastKey);
      }
      i = end - 1;
    }
  }
  return repeated;
}

/** Index after the closing quote of the string that opens at `start`. */
function endOfString(json: string, start: number): number {
  let i = start + 1;
  while (i < json.length && json[i] !== '"') i += json[i] === '\\' ? 2 : 1;
  return i + 1;
}

/** Whether the string that ends before `end` is a key: only then a colon follows. */
function isKey(json: string, end: number): boolean {
  let i = end;
  while (i < json.length && ' \t\r\n'.includes(json[i]!)) i++;
  return json[i] === ':';
}
