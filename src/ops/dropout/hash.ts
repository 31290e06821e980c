/** Which values dropout drops: the same on every backend. */

/** The hash behind the mask: two rounds of a 32-bit avalanche over the index and the seed. */
export function dropoutHash(seed: number, index: number): number {
  let value = (Math.imul(index, 0x9e3779b1) ^ seed) | 0;
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

/** Hashes below this are dropped. */
export function dropoutThreshold(rate: number): number {
  return Math.floor(rate * 2 ** 32);
}
