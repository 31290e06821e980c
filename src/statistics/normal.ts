/** The standard normal distribution, to about 14 digits far into both tails. */

const SERIES_UP_TO = 3;

/** P(Z ≥ z). */
export function normalTail(z: number): number {
  if (Number.isNaN(z)) return NaN;
  if (z < 0) return 1 - normalTail(-z); // Near 1, where nothing is lost.
  if (z === Infinity) return 0;
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  return z < SERIES_UP_TO ? 0.5 - density * centralSeries(z) : density * mills(z);
}

/** z with P(Z ≤ z) = p, by halving: it inverts `normalTail` to the last bits. */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`A probability lies between 0 and 1, not at ${p}.`);
  // Small tails keep their digits: the upper half is mirrored instead of computed as 1 − p.
  const tail = Math.min(p, 1 - p);
  let low = 0;
  let high = 40; // Beyond the tail of the smallest positive number.
  while (true) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) return p < 0.5 ? -middle : middle;
    if (normalTail(middle) > tail) low = middle;
    else high = middle;
  }
}

/** Σ z^(2k+1) / (1·3·5···(2k+1)): times the density, the probability between 0 and z. */
function centralSeries(z: number): number {
  let term = z;
  let sum = z;
  for (let k = 1; term > sum * Number.EPSILON; k++) {
    term *= (z * z) / (2 * k + 1);
    sum += term;
  }
  return sum;
}

/** Mills ratio as Laplace's continued fraction 1/(z + 1/(z + 2/(z + 3/(z + …)))). */
function mills(z: number): number {
  // From 3 on, 100 levels are far more than the precision needs.
  let fraction = z;
  for (let k = 100; k >= 1; k--) fraction = z + k / fraction;
  return 1 / fraction;
}
