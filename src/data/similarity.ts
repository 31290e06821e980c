/** How much two texts share word by word: what a minimum change changed, in plain numbers. */

/** Words, single digits and marks. */
export function wordsOf(text: string): string[] {
  return text.match(/[\p{L}]+|\d|[^\s\p{L}\d]/gu) ?? [];
}

/** 1 − edit distance in words / words of the longer text; 1 for equal texts, also empty ones. */
export function editSimilarity(first: string, second: string): number {
  const [a, b] = [wordsOf(first), wordsOf(second)];
  const longer = Math.max(a.length, b.length);
  return longer === 0 ? 1 : 1 - editDistance(a, b) / longer;
}

/** Levenshtein: insertions, deletions and replacements of words. */
export function editDistance(a: readonly string[], b: readonly string[]): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
