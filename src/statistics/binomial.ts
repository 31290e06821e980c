/** Tails of the fair-coin binomial distribution, summed in log space so that n may be large. */

/** P(from ≤ X ≤ to) for X heads of n fair tosses. */
export function fairCoinProbability(n: number, from: number, to: number): number {
  if (!Number.isInteger(n) || n < 0) throw new RangeError(`Cannot toss a coin ${n} times.`);
  const low = Math.max(0, from);
  const high = Math.min(n, to);
  if (low > high) return 0;
  // Up to half way from either side the same terms are summed: symmetry keeps tails equal.
  if (low > n - high) return fairCoinProbability(n, n - high, n - low);
  const logFactorials = logFactorialsUpTo(n);
  let sum = 0;
  for (let k = low; k <= high; k++) {
    const logWays = logFactorials[n]! - logFactorials[k]! - logFactorials[n - k]!;
    sum += Math.exp(logWays - n * Math.LN2);
  }
  return Math.min(1, sum);
}

/** ln 0! … ln n!. */
function logFactorialsUpTo(n: number): Float64Array {
  const logs = new Float64Array(n + 1);
  for (let k = 2; k <= n; k++) logs[k] = logs[k - 1]! + Math.log(k);
  return logs;
}
