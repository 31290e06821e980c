/**
 * The few sequence lengths batches are padded to, so that shaders are compiled and buffers made for
 * a handful of shapes instead of one for every length.
 */

const STEP = 16;
const FINE_UP_TO = 64;

/**
 * Lengths 16, 32, 48, 64, then two for each doubling: 96, 128, 192, 256, 384, … with `maxLength`
 * itself last. From 64 on padding takes at most a third of a row.
 */
export function timeBuckets(maxLength: number): number[] {
  if (!(maxLength >= 1)) throw new RangeError(`No sequence fits a length of ${maxLength}.`);
  const buckets: number[] = [];
  for (let length = STEP; length < maxLength; length += stepAfter(length)) buckets.push(length);
  buckets.push(maxLength);
  return buckets;
}

/**
 * The smallest bucket that holds `length` tokens.
 * @param step for engines that do not care how many lengths there are: its multiples are the buckets
 */
export function bucketTime(length: number, maxLength: number, step?: number): number {
  if (length > maxLength)
    throw new RangeError(`${length} tokens exceed the limit of ${maxLength}.`);
  if (step !== undefined) return Math.min(maxLength, Math.ceil(length / step) * step);
  let bucket = STEP;
  while (bucket < length) bucket += stepAfter(bucket);
  return Math.min(bucket, maxLength);
}

/** Half of the power of two at or below the length, never below the finest step. */
function stepAfter(length: number): number {
  return length < FINE_UP_TO ? STEP : 2 ** Math.floor(Math.log2(length)) / 2;
}
