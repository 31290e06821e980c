/** How much of the logits is in memory at once; plain data that every room may read. */

/**
 * Bytes of logits held at once: 85 rows of a vocabulary of 49,152. A larger chunk reads the head fewer
 * times, but adds to the peak, which comes here, when all activations are there.
 */
export const LOGITS_BYTES = 16 * 2 ** 20;
