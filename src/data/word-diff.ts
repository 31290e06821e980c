/** Where two texts differ, word by word, so that a person can take over one difference at a time. */

/** A stretch of words both texts share (`from` is `to` but for spaces), or one where they part. */
export interface DiffPart {
  kind: 'same' | 'changed';
  /** As the first text has it, spaces before its words included; empty for an insertion. */
  from: string;
  /** As the second text has it; empty for a deletion. */
  to: string;
}

/** Words, whole numbers and marks, each with the spaces before it; spaces at the end are a piece. */
const pieces = (text: string): string[] =>
  text.match(/\s*(?:\p{L}+|\p{N}+|[^\s\p{L}\p{N}])|\s+$/gu) ?? [];

/**
 * The parts in order: joining every `from` gives the first text, every `to` the second. Shared words
 * are a longest common subsequence, found in O(words of one × words of the other).
 */
export function diffWords(from: string, to: string): DiffPart[] {
  const [a, b] = [pieces(from), pieces(to)];
  const longest = commonLengths(a, b);
  const parts: DiffPart[] = [];
  const put = (kind: DiffPart['kind'], left: string, right: string): void => {
    const last = parts.at(-1);
    if (last?.kind === kind) {
      last.from += left;
      last.to += right;
    } else parts.push({ kind, from: left, to: right });
  };
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    if (alike(a[i]!, b[j]!)) put('same', a[i++]!, b[j++]!);
    else if (longest[i + 1]![j]! >= longest[i]![j + 1]!) put('changed', a[i++]!, '');
    else put('changed', '', b[j++]!);
  }
  const rest = [a.slice(i).join(''), b.slice(j).join('')] as const;
  if (rest[0] !== '' || rest[1] !== '') put('changed', ...rest);
  return parts;
}

/** The first text with the second's words in the parts whose index is taken. */
export function takeParts(parts: readonly DiffPart[], taken: ReadonlySet<number>): string {
  return parts.map(({ from, to }, i) => (taken.has(i) ? to : from)).join('');
}

const alike = (first: string, second: string): boolean => first.trim() === second.trim();

/** [i][j]: length of the longest common subsequence of a from i on and b from j on. */
function commonLengths(a: readonly string[], b: readonly string[]): Uint32Array[] {
  const rows = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      rows[i]![j] = alike(a[i]!, b[j]!)
        ? rows[i + 1]![j + 1]! + 1
        : Math.max(rows[i + 1]![j]!, rows[i]![j + 1]!);
    }
  }
  return rows;
}
