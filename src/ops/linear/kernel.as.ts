/**
 * Matrix product on packed panels: C [M, N] += alpha · A [M, K] · B [K, N], with any strides for A
 * and B and B in float32 or 16 bit. A micro-kernel keeps 6×8 results in registers. The order of
 * additions of one result depends on K alone, so any division among threads gives the same bits.
 */
import { F32, fma, loadWeight, loadWeights, share, sumLanes } from '../simd.as';

const MR: i32 = 6;
const NR: i32 = 8;
/** Blocks: A 120×256 and B 256×256 floats stay in the second-level cache. */
const MC: i32 = 120;
const KC: i32 = 256;
const NC: i32 = 256;

/** Bytes of scratch a thread needs for packing; mirrored in the glue. */
const A_BYTES: usize = <usize>(MC * KC * 4);
const B_BYTES: usize = <usize>(KC * NC * 4);

/** Row strides and column strides are in elements. */
export function gemm(
  a: usize, aRow: i32, aColumn: i32,
  b: usize, bRow: i32, bColumn: i32, format: i32,
  c: usize, ldc: i32,
  m: i32, n: i32, k: i32, alpha: f32,
  part: i32, parts: i32, scratch: usize,
): void {
  if (m <= 4 && aColumn == 1 && bRow == 1) {
    const from = share(n, part, parts, 1);
    dotRows(a, aRow, b, bColumn, format, c, ldc, m, from, share(n, part + 1, parts, 1), k, alpha);
    return;
  }
  // Divide the longer side in panels; the shorter one is worked through by every thread.
  const byColumns = n * MR >= m * NR;
  const mStart = byColumns ? 0 : share(m, part, parts, MR);
  const mEnd = byColumns ? m : share(m, part + 1, parts, MR);
  const nStart = byColumns ? share(n, part, parts, NR) : 0;
  const nEnd = byColumns ? share(n, part + 1, parts, NR) : n;
  gemmBlock(a, aRow, aColumn, b, bRow, bColumn, format, c, ldc, mStart, mEnd, nStart, nEnd, k, alpha, scratch);
}

/** The product restricted to rows [mStart, mEnd) and columns [nStart, nEnd). */
export function gemmBlock(
  a: usize, aRow: i32, aColumn: i32,
  b: usize, bRow: i32, bColumn: i32, format: i32,
  c: usize, ldc: i32,
  mStart: i32, mEnd: i32, nStart: i32, nEnd: i32, k: i32, alpha: f32,
  scratch: usize,
): void {
  const packedA = scratch;
  const packedB = scratch + A_BYTES;
  const tile = packedB + B_BYTES;
  for (let kb: i32 = 0; kb < k; kb += KC) {
    const kn = min(KC, k - kb);
    for (let nb = nStart; nb < nEnd; nb += NC) {
      const nn = min(NC, nEnd - nb);
      packB(b, bRow, bColumn, format, kb, kn, nb, nn, packedB);
      for (let mb = mStart; mb < mEnd; mb += MC) {
        const mn = min(MC, mEnd - mb);
        packA(a, aRow, aColumn, mb, mn, kb, kn, alpha, packedA);
        for (let j: i32 = 0; j < nn; j += NR) {
          const panelB = packedB + <usize>(j * kn * 4);
          for (let i: i32 = 0; i < mn; i += MR) {
            const panelA = packedA + <usize>(i * kn * 4);
            const at = c + (<usize>(mb + i) * <usize>ldc + <usize>(nb + j)) * 4;
            if (i + MR <= mn && j + NR <= nn) {
              microKernel(panelA, panelB, kn, at, <usize>ldc * 4);
            } else {
              edgeTile(panelA, panelB, kn, at, <usize>ldc * 4, min(MR, mn - i), min(NR, nn - j), tile);
            }
          }
        }
      }
    }
  }
}

/** A tile that reaches over the edge is computed aside and its valid part added. */
function edgeTile(
  a: usize, b: usize, k: i32, c: usize, stride: usize, rows: i32, columns: i32, tile: usize,
): void {
  memory.fill(tile, 0, <usize>(MR * NR * 4));
  microKernel(a, b, k, tile, <usize>NR * 4);
  for (let i: i32 = 0; i < rows; i++) {
    for (let j: i32 = 0; j < columns; j++) {
      const at = c + <usize>i * stride + <usize>(j * 4);
      store<f32>(at, load<f32>(at) + load<f32>(tile + <usize>((i * NR + j) * 4)));
    }
  }
}

/** C 6×8 += A panel [k][6] · B panel [k][8]. */
function microKernel(a: usize, b: usize, k: i32, c: usize, stride: usize): void {
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0), c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0), c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0), c31 = f32x4.splat(0);
  let c40 = f32x4.splat(0), c41 = f32x4.splat(0);
  let c50 = f32x4.splat(0), c51 = f32x4.splat(0);
  for (let p: i32 = 0; p < k; p++) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = fma(x, b0, c00);
    c01 = fma(x, b1, c01);
    x = v128.load32_splat(a, 4);
    c10 = fma(x, b0, c10);
    c11 = fma(x, b1, c11);
    x = v128.load32_splat(a, 8);
    c20 = fma(x, b0, c20);
    c21 = fma(x, b1, c21);
    x = v128.load32_splat(a, 12);
    c30 = fma(x, b0, c30);
    c31 = fma(x, b1, c31);
    x = v128.load32_splat(a, 16);
    c40 = fma(x, b0, c40);
    c41 = fma(x, b1, c41);
    x = v128.load32_splat(a, 20);
    c50 = fma(x, b0, c50);
    c51 = fma(x, b1, c51);
    a += 24;
    b += 32;
  }
  addRow(c, c00, c01);
  addRow(c + stride, c10, c11);
  addRow(c + 2 * stride, c20, c21);
  addRow(c + 3 * stride, c30, c31);
  addRow(c + 4 * stride, c40, c41);
  addRow(c + 5 * stride, c50, c51);
}

// @ts-ignore: decorator
@inline
function addRow(c: usize, low: v128, high: v128): void {
  v128.store(c, f32x4.add(v128.load(c), low));
  v128.store(c, f32x4.add(v128.load(c, 16), high), 16);
}

/** Panels of 6 rows: [k][6], scaled by alpha, missing rows zero. */
function packA(
  a: usize, row: i32, column: i32, mb: i32, mn: i32, kb: i32, kn: i32, alpha: f32, out: usize,
): void {
  for (let i: i32 = 0; i < mn; i += MR) {
    const rows = min(MR, mn - i);
    for (let r: i32 = 0; r < MR; r++) {
      let to = out + <usize>(r * 4);
      if (r >= rows) {
        for (let p: i32 = 0; p < kn; p++) {
          store<f32>(to, 0);
          to += 24;
        }
        continue;
      }
      let from = a + (<usize>(mb + i + r) * <usize>row + <usize>kb * <usize>column) * 4;
      const step = <usize>column * 4;
      for (let p: i32 = 0; p < kn; p++) {
        store<f32>(to, alpha * load<f32>(from));
        from += step;
        to += 24;
      }
    }
    out += <usize>(MR * kn * 4);
  }
}

/** Panels of 8 columns: [k][8], widened to float32, missing columns zero. */
function packB(
  b: usize, row: i32, column: i32, format: i32, kb: i32, kn: i32, nb: i32, nn: i32, out: usize,
): void {
  for (let j: i32 = 0; j < nn; j += NR) {
    const columns = min(NR, nn - j);
    const first = <usize>(nb + j) * <usize>column + <usize>kb * <usize>row;
    if (columns == NR && column == 1) packContiguous(b, first, row, format, kn, out);
    else if (columns == NR && row == 1) packTransposed(b, first, column, format, kn, out);
    else {
      for (let p: i32 = 0; p < kn; p++) {
        for (let x: i32 = 0; x < NR; x++) {
          const index = first + <usize>p * <usize>row + <usize>x * <usize>column;
          store<f32>(
            out + <usize>((p * NR + x) * 4),
            x < columns ? loadWeight(b, index, format) : 0,
          );
        }
      }
    }
    out += <usize>(NR * kn * 4);
  }
}

function packContiguous(b: usize, first: usize, row: i32, format: i32, kn: i32, out: usize): void {
  for (let p: i32 = 0; p < kn; p++) {
    v128.store(out, loadWeights(b, first, format));
    v128.store(out, loadWeights(b, first + 4, format), 16);
    first += <usize>row;
    out += 32;
  }
}

/** Columns are contiguous in k: 4×4 blocks are turned in registers. */
function packTransposed(b: usize, first: usize, column: i32, format: i32, kn: i32, out: usize): void {
  const step = <usize>column;
  let p: i32 = 0;
  for (; p + 4 <= kn; p += 4) {
    const at = first + <usize>p;
    for (let half: usize = 0; half < 2; half++) {
      const from = at + half * 4 * step;
      const r0 = loadWeights(b, from, format);
      const r1 = loadWeights(b, from + step, format);
      const r2 = loadWeights(b, from + 2 * step, format);
      const r3 = loadWeights(b, from + 3 * step, format);
      const l01 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5);
      const h01 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7);
      const l23 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
      const h23 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
      const to = out + half * 16;
      v128.store(to, v128.shuffle<i32>(l01, l23, 0, 1, 4, 5));
      v128.store(to, v128.shuffle<i32>(l01, l23, 2, 3, 6, 7), 32);
      v128.store(to, v128.shuffle<i32>(h01, h23, 0, 1, 4, 5), 64);
      v128.store(to, v128.shuffle<i32>(h01, h23, 2, 3, 6, 7), 96);
    }
    out += 128;
  }
  for (; p < kn; p++) {
    for (let x: usize = 0; x < 8; x++) {
      store<f32>(out + x * 4, loadWeight(b, first + <usize>p + x * step, format));
    }
    out += 32;
  }
}

/** A few rows against a matrix whose columns are contiguous: each weight is read once per row. */
function dotRows(
  a: usize, aRow: i32, b: usize, bColumn: i32, format: i32, c: usize, ldc: i32,
  m: i32, nStart: i32, nEnd: i32, k: i32, alpha: f32,
): void {
  for (let j = nStart; j < nEnd; j++) {
    const first = <usize>j * <usize>bColumn;
    for (let i: i32 = 0; i < m; i++) {
      const x = a + <usize>i * <usize>aRow * 4;
      let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
      let p: i32 = 0;
      for (; p + 16 <= k; p += 16) {
        const at = <usize>p;
        s0 = fma(v128.load(x + at * 4), loadWeights(b, first + at, format), s0);
        s1 = fma(v128.load(x + at * 4, 16), loadWeights(b, first + at + 4, format), s1);
        s2 = fma(v128.load(x + at * 4, 32), loadWeights(b, first + at + 8, format), s2);
        s3 = fma(v128.load(x + at * 4, 48), loadWeights(b, first + at + 12, format), s3);
      }
      let total = sumLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
      for (; p < k; p++) {
        total += load<f32>(x + <usize>p * 4) * loadWeight(b, first + <usize>p, format);
      }
      const at = c + (<usize>i * <usize>ldc + <usize>j) * 4;
      store<f32>(at, load<f32>(at) + alpha * total);
    }
  }
}

/** C [M, N] = residual + bias, either may be absent (0): what a product is then added to. */
export function startOutput(
  c: usize, m: i32, n: i32, bias: usize, residual: usize, part: i32, parts: i32,
): void {
  const from = share(m, part, parts, 1);
  const to = share(m, part + 1, parts, 1);
  const bytes = <usize>n * 4;
  for (let i = from; i < to; i++) {
    const row = c + <usize>i * bytes;
    if (residual) memory.copy(row, residual + <usize>i * bytes, bytes);
    else if (bias) memory.copy(row, bias, bytes);
    else memory.fill(row, 0, bytes);
    if (residual && bias) {
      for (let j: usize = 0; j < bytes; j += 4) {
        store<f32>(row + j, load<f32>(row + j) + load<f32>(bias + j));
      }
    }
  }
}

/** 16-bit words → float32, or a copy. */
export function widen(words: usize, size: i32, format: i32, out: usize, part: i32, parts: i32): void {
  const from = share(size, part, parts, 4);
  const to = share(size, part + 1, parts, 4);
  for (let i = from; i < to; i++) {
    store<f32>(out + <usize>i * 4, format == F32 ? load<f32>(words + <usize>i * 4) : loadWeight(words, <usize>i, format));
  }
}
