/**
 * What `torch.manual_seed(seed); torch.randn(count)` draws, for cases whose weights are described rather than
 * stored: MT19937 (Matsumoto and Nishimura 1998), 24 bits a uniform, Box–Muller in groups of 16.
 */

/** @param count a multiple of 16 */
export function torchNormal(seed: number, count: number): Float32Array {
  const next = mersenneTwister(seed);
  const values = Float32Array.from({ length: count }, () => (next() & 0xffffff) / 2 ** 24);
  for (let group = 0; group < count; group += 16) {
    for (let i = group; i < group + 8; i++) {
      const radius = Math.sqrt(-2 * Math.log(1 - values[i]!));
      const angle = 2 * Math.PI * values[i + 8]!;
      values[i] = radius * Math.cos(angle);
      values[i + 8] = radius * Math.sin(angle);
    }
  }
  return values;
}

function mersenneTwister(seed: number): () => number {
  const state = new Uint32Array(624);
  state[0] = seed;
  for (let i = 1; i < 624; i++) {
    const before = state[i - 1]! ^ (state[i - 1]! >>> 30);
    state[i] = Math.imul(1812433253, before) + i;
  }
  let at = 624;
  return () => {
    if (at === 624) {
      for (let i = 0; i < 624; i++) {
        const y = (state[i]! & 0x80000000) | (state[(i + 1) % 624]! & 0x7fffffff);
        state[i] = state[(i + 397) % 624]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
      }
      at = 0;
    }
    let y = state[at++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  };
}
