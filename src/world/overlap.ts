/** How much two bodies of text share: the distance of dialects in plain numbers. */

/** Words and punctuation marks with their shares of the text; numbers count as one word. */
export function unigramShares(texts: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  let total = 0;
  for (const text of texts) {
    for (const word of text.toLowerCase().match(/[a-z]+|\d+|[^\sa-z\d]/g) ?? []) {
      const key = /^\d/.test(word) ? '#' : word;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      total++;
    }
  }
  return new Map([...counts].map(([word, count]) => [word, count / total]));
}

/** Σ min(p, q) over all words: 0 for nothing in common, 1 for the same distribution. */
export function unigramOverlap(first: Iterable<string>, second: Iterable<string>): number {
  const [p, q] = [unigramShares(first), unigramShares(second)];
  let overlap = 0;
  for (const [word, share] of p) overlap += Math.min(share, q.get(word) ?? 0);
  return overlap;
}
