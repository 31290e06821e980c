/**
 * SHA-256 over bytes that arrive in pieces (FIPS 180-4); the browser's own digest wants a whole
 * file in memory, and is missing on pages without a secure context.
 */

/** Fractional parts of the cube roots of the first 64 primes, and of the square roots of the first 8. */
const { K, START } = constants();

const BLOCK_BYTES = 64;

export class Sha256 {
  private readonly state = Int32Array.from(START);
  private readonly schedule = new Int32Array(64);
  private readonly pending = new Uint8Array(BLOCK_BYTES);
  private pendingLength = 0;
  private total = 0;

  update(bytes: Uint8Array): this {
    this.total += bytes.length;
    let offset = 0;
    if (this.pendingLength > 0) {
      const taken = Math.min(BLOCK_BYTES - this.pendingLength, bytes.length);
      this.pending.set(bytes.subarray(0, taken), this.pendingLength);
      this.pendingLength += taken;
      offset = taken;
      if (this.pendingLength < BLOCK_BYTES) return this;
      this.compress(this.pending, 0);
      this.pendingLength = 0;
    }
    for (; offset + BLOCK_BYTES <= bytes.length; offset += BLOCK_BYTES)
      this.compress(bytes, offset);
    this.pending.set(bytes.subarray(offset));
    this.pendingLength = bytes.length - offset;
    return this;
  }

  /** The digest as 64 hexadecimal digits; no more bytes may follow. */
  hex(): string {
    const bits = BigInt(this.total) * 8n;
    const zeros = (BLOCK_BYTES * 2 - 9 - this.pendingLength) % BLOCK_BYTES;
    const tail = new Uint8Array(1 + zeros + 8);
    tail[0] = 0x80;
    new DataView(tail.buffer).setBigUint64(1 + zeros, bits);
    this.update(tail);
    return Array.from(this.state, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  }

  private compress(bytes: Uint8Array, offset: number): void {
    const { state: s, schedule: w } = this;
    for (let t = 0, i = offset; t < 16; t++, i += 4) {
      w[t] = (bytes[i]! << 24) | (bytes[i + 1]! << 16) | (bytes[i + 2]! << 8) | bytes[i + 3]!;
    }
    for (let t = 16; t < 64; t++) {
      const x = w[t - 15]!;
      const y = w[t - 2]!;
      const small0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const small1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[t] = (w[t - 16]! + small0 + w[t - 7]! + small1) | 0;
    }
    // Whole numbers of 32 bits throughout, and nothing in arrays: this loop is all the time.
    let a = s[0]! | 0;
    let b = s[1]! | 0;
    let c = s[2]! | 0;
    let d = s[3]! | 0;
    let e = s[4]! | 0;
    let f = s[5]! | 0;
    let g = s[6]! | 0;
    let h = s[7]! | 0;
    for (let t = 0; t < 64; t++) {
      const big1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const choice = (e & f) ^ (~e & g);
      const first = (((h + big1) | 0) + ((choice + K[t]!) | 0) + w[t]!) | 0;
      const big0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const majority = (a & b) ^ (a & c) ^ (b & c);
      h = g;
      g = f;
      f = e;
      e = (d + first) | 0;
      d = c;
      c = b;
      b = a;
      a = (first + ((big0 + majority) | 0)) | 0;
    }
    s[0] = s[0]! + a;
    s[1] = s[1]! + b;
    s[2] = s[2]! + c;
    s[3] = s[3]! + d;
    s[4] = s[4]! + e;
    s[5] = s[5]! + f;
    s[6] = s[6]! + g;
    s[7] = s[7]! + h;
  }
}

/** Computed in whole numbers, since double precision holds too few bits after the point. */
function constants(): { K: Int32Array; START: Int32Array } {
  const primes: number[] = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p !== 0)) primes.push(n);
  // floor(2^32 · n^(1/degree)), of which the lower 32 bits are the fraction.
  const fraction = (n: number, degree: bigint): number => {
    const target = BigInt(n) << (32n * degree);
    let low = 0n;
    let high = 1n << 40n;
    while (high - low > 1n) {
      const middle = (low + high) / 2n;
      if (middle ** degree <= target) low = middle;
      else high = middle;
    }
    return Number(low & 0xffffffffn) | 0;
  };
  return {
    K: Int32Array.from(primes, (prime) => fraction(prime, 3n)),
    START: Int32Array.from(primes.slice(0, 8), (prime) => fraction(prime, 2n)),
  };
}

/** SHA-256 of what is in memory, 64 hexadecimal digits: by the platform where it offers that, as it is faster. */
export async function sha256Of(content: string | Uint8Array): Promise<string> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  // Absent on pages without a secure context.
  const { subtle } = globalThis.crypto as { subtle?: SubtleCrypto };
  if (subtle === undefined) return new Sha256().update(bytes).hex();
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
