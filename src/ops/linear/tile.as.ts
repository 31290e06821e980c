/**
 * The heart of every matrix product: a tile of TILE_ROWS × 8 sums that stay in registers while two
 * packed panels stream by, the left one with TILE_ROWS values a step, the right one with eight.
 * Sixteen vector registers are all there are: a fused multiply-add leaves room for six rows, a
 * separate multiplication for five.
 */
import { fma } from '../simd.as';

export const TILE_ROWS: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 5;
export const TILE_COLUMNS: i32 = 8;
/** Bytes of one step of a panel. */
export const LEFT_STEP: i32 = TILE_ROWS * 4;
export const RIGHT_STEP: i32 = 32;

/**
 * tile [TILE_ROWS, 8] = left · right.
 *
 * The loop holds in registers only as a function of its own that does nothing else: unrolled, or
 * inlined into a caller, half of the sums are spilled at every step and the speed halves. The
 * module exports it, which keeps the optimizer from inlining it.
 */
export function multiplyTile(left: usize, right: usize, depth: i32, tile: usize): void {
  let a00 = f32x4.splat(0), a01 = f32x4.splat(0);
  let a10 = f32x4.splat(0), a11 = f32x4.splat(0);
  let a20 = f32x4.splat(0), a21 = f32x4.splat(0);
  let a30 = f32x4.splat(0), a31 = f32x4.splat(0);
  let a40 = f32x4.splat(0), a41 = f32x4.splat(0);
  let a50 = f32x4.splat(0), a51 = f32x4.splat(0);
  const end = right + <usize>(depth * RIGHT_STEP);
  while (right < end) {
    const b0 = v128.load(right);
    const b1 = v128.load(right, 16);
    let x = v128.load32_splat(left);
    a00 = fma(x, b0, a00);
    a01 = fma(x, b1, a01);
    x = v128.load32_splat(left, 4);
    a10 = fma(x, b0, a10);
    a11 = fma(x, b1, a11);
    x = v128.load32_splat(left, 8);
    a20 = fma(x, b0, a20);
    a21 = fma(x, b1, a21);
    x = v128.load32_splat(left, 12);
    a30 = fma(x, b0, a30);
    a31 = fma(x, b1, a31);
    x = v128.load32_splat(left, 16);
    a40 = fma(x, b0, a40);
    a41 = fma(x, b1, a41);
    if (TILE_ROWS == 6) {
      x = v128.load32_splat(left, 20);
      a50 = fma(x, b0, a50);
      a51 = fma(x, b1, a51);
    }
    left += LEFT_STEP;
    right += RIGHT_STEP;
  }
  v128.store(tile, a00);
  v128.store(tile, a01, 16);
  v128.store(tile, a10, 32);
  v128.store(tile, a11, 48);
  v128.store(tile, a20, 64);
  v128.store(tile, a21, 80);
  v128.store(tile, a30, 96);
  v128.store(tile, a31, 112);
  v128.store(tile, a40, 128);
  v128.store(tile, a41, 144);
  if (TILE_ROWS == 6) {
    v128.store(tile, a50, 160);
    v128.store(tile, a51, 176);
  }
}

/** c = alpha · tile, or c += with `adds`, on the `rows` × `columns` inside; `stride` in bytes. */
export function putTile(
  tile: usize, c: usize, stride: usize, alpha: f32, rows: i32, columns: i32, adds: bool,
): void {
  const factor = f32x4.splat(alpha);
  for (let row: i32 = 0; row < rows; row++) {
    if (columns == TILE_COLUMNS) {
      let left = f32x4.mul(v128.load(tile), factor);
      let right = f32x4.mul(v128.load(tile, 16), factor);
      if (adds) {
        left = f32x4.add(v128.load(c), left);
        right = f32x4.add(v128.load(c, 16), right);
      }
      v128.store(c, left);
      v128.store(c, right, 16);
    } else {
      for (let column: usize = 0; column < <usize>columns * 4; column += 4) {
        const value = alpha * load<f32>(tile + column);
        store<f32>(c + column, adds ? load<f32>(c + column) + value : value);
      }
    }
    c += stride;
    tile += 32;
  }
}
