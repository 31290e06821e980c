/**
 * Matrix product on packed panels: C [M, N] = alpha · A [M, K] · B [K, N], with any strides for A
 * and B and B in any format of weights. The order of additions of one result depends on M and K alone,
 * so any division among threads gives the same bits.
 */
import { loadWeight, rowBytes, share } from '../simd.as';
import { dotFour } from './dot.as';
import { packLeft, packRight } from './pack.as';
import { LEFT_STEP, multiplyTile, putTile, RIGHT_STEP, TILE_COLUMNS, TILE_ROWS } from './tile.as';

/**
 * Blocks: A 120×256 and B 256×256 floats stay in the second-level cache. MC is a multiple of both
 * heights a tile may have.
 */
const MC: i32 = 120;
const KC: i32 = 256;
const NC: i32 = 256;

/** Bytes of scratch a thread needs for packing; mirrored in the glue. */
const A_BYTES: usize = <usize>(MC * KC * 4);
const B_BYTES: usize = <usize>(KC * NC * 4);

/** Row strides and column strides are in elements. `adds`: C keeps what it holds and gets the product added. */
export function gemm(
  a: usize, aRow: i32, aColumn: i32,
  b: usize, bRow: i32, bColumn: i32, format: i32,
  c: usize, ldc: i32,
  m: i32, n: i32, k: i32, alpha: f32, adds: i32,
  part: i32, parts: i32, scratch: usize,
): void {
  if (m <= 4 && aColumn == 1 && bRow == 1) {
    const from = share(n, part, parts, 4);
    const to = share(n, part + 1, parts, 4);
    dotRows(a, aRow, b, bColumn, format, c, ldc, m, from, to, k, alpha, adds != 0, scratch);
    return;
  }
  // Divide the longer side in panels; the shorter one is worked through by every thread.
  const byColumns = n * TILE_ROWS >= m * TILE_COLUMNS;
  const mStart = byColumns ? 0 : share(m, part, parts, TILE_ROWS);
  const mEnd = byColumns ? m : share(m, part + 1, parts, TILE_ROWS);
  const nStart = byColumns ? share(n, part, parts, TILE_COLUMNS) : 0;
  const nEnd = byColumns ? share(n, part + 1, parts, TILE_COLUMNS) : n;
  gemmBlock(a, aRow, aColumn, b, bRow, bColumn, format, c, ldc, mStart, mEnd, nStart, nEnd, k, alpha, adds != 0, scratch);
}

/** The product restricted to rows [mStart, mEnd) and columns [nStart, nEnd). */
export function gemmBlock(
  a: usize, aRow: i32, aColumn: i32,
  b: usize, bRow: i32, bColumn: i32, format: i32,
  c: usize, ldc: i32,
  mStart: i32, mEnd: i32, nStart: i32, nEnd: i32, k: i32, alpha: f32, adds: bool,
  scratch: usize,
): void {
  const packedA = scratch;
  const packedB = scratch + A_BYTES;
  const tile = packedB + B_BYTES;
  // Blocks of equal depth: a short last one would cost as much around its tiles as a full one.
  // Multiples of four, for that is how int8 is read.
  const blocks = (k + KC - 1) / KC;
  const depth = ((k + blocks - 1) / blocks + 3) & ~3;
  for (let kb: i32 = 0; kb < k; kb += depth) {
    const kn = min(depth, k - kb);
    for (let nb = nStart; nb < nEnd; nb += NC) {
      const nn = min(NC, nEnd - nb);
      packRight(b, bRow, bColumn, format, kb, kn, nb, nn, packedB);
      for (let mb = mStart; mb < mEnd; mb += MC) {
        const mn = min(MC, mEnd - mb);
        packLeft(a, aRow, aColumn, mb, mn, kb, kn, packedA);
        let left = packedA;
        for (let i: i32 = 0; i < mn; i += TILE_ROWS) {
          const row = c + (<usize>(mb + i) * <usize>ldc + <usize>nb) * 4;
          const rows = min(TILE_ROWS, mn - i);
          let right = packedB;
          for (let j: i32 = 0; j < nn; j += TILE_COLUMNS) {
            multiplyTile(left, right, kn, tile);
            putTile(
              tile, row + <usize>(j * 4), <usize>ldc * 4, alpha,
              rows, min(TILE_COLUMNS, nn - j), adds || kb > 0,
            );
            right += <usize>(kn * RIGHT_STEP);
          }
          left += <usize>(kn * LEFT_STEP);
        }
      }
    }
  }
}

/** A few rows against a matrix whose columns are contiguous: each weight comes from memory once. */
function dotRows(
  a: usize, aRow: i32, b: usize, bColumn: i32, format: i32, c: usize, ldc: i32,
  m: i32, nStart: i32, nEnd: i32, k: i32, alpha: f32, adds: bool, sums: usize,
): void {
  const stride = rowBytes(bColumn, format);
  for (let j = nStart; j < nEnd; j += 4) {
    const count = min(4, nEnd - j);
    const columns = b + <usize>j * stride;
    // Columns past the last one read the first again; their sums are thrown away.
    const next = count == 4 ? stride : 0;
    for (let i: i32 = 0; i < m; i++) {
      const x = a + <usize>i * <usize>aRow * 4;
      const at = c + (<usize>i * <usize>ldc + <usize>j) * 4;
      for (let q: i32 = 0; q < (count == 4 ? 1 : count); q++) {
        dotFour(x, columns + <usize>q * stride, next, k, format, sums);
        for (let r: i32 = 0; r < (count == 4 ? 4 : 1); r++) {
          const to = at + <usize>(q + r) * 4;
          const product = alpha * load<f32>(sums + <usize>(r * 4));
          store<f32>(to, adds ? load<f32>(to) + product : product);
        }
      }
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

/** A weight in any format → float32. */
export function widen(words: usize, size: i32, format: i32, out: usize, part: i32, parts: i32): void {
  const from = share(size, part, parts, 4);
  const to = share(size, part + 1, parts, 4);
  for (let i = from; i < to; i++) {
    store<f32>(out + <usize>i * 4, loadWeight(words, <usize>i, format));
  }
}
