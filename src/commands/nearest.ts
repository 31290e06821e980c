/** The name that was probably meant; undefined when none is near. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const ranked = names
    .map((other) => ({ other, edits: editDistance(name, other) }))
    .sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  const limit = Math.max(1, Math.floor(name.length / 3));
  if (best && best.edits <= limit) return best.other;
  return name.length >= 3 ? names.find((other) => other.startsWith(name)) : undefined;
}

/** "did you mean X?", or nothing. */
export function suggestion(name: string, names: readonly string[], prefix = ''): string {
  const found = nearest(name, names);
  return found === undefined ? '' : ` Did you mean ${prefix}${found}?`;
}

/** Insertions, deletions and substitutions between two words (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, above[j]! + 1, row[j - 1]! + 1));
    }
  }
  return row[b.length]!;
}
