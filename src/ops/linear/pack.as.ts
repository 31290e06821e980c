/**
 * Packing: a matrix with any strides and in any format → the panels the tile kernel streams.
 * Whatever lies outside the matrix becomes zero.
 */
import { loadWeight, loadWeights, BF16, F16, F32, INT8 } from '../simd.as';
import { LEFT_STEP, RIGHT_STEP, TILE_COLUMNS, TILE_ROWS } from './tile.as';

/**
 * Rows `row` … `row + rows − 1` and `steps` steps from `start` of a left operand → panels of
 * TILE_ROWS rows, step by step.
 * @param rowStride and `stepStride`: values between neighbors
 */
export function packLeft(
  source: usize, rowStride: i32, stepStride: i32, row: i32, rows: i32, start: i32, steps: i32,
  target: usize,
): void {
  const step = <usize>stepStride * 4;
  const next = <usize>rowStride * 4;
  source += <usize>row * next + <usize>start * step;
  for (let i: i32 = 0; i < rows; i += TILE_ROWS) {
    const whole = i + TILE_ROWS <= rows;
    if (whole && stepStride == 1) packRowsByStep(source, next, steps, target);
    else if (whole && rowStride == 1) packStepsOfRows(source, step, steps, target);
    else packAnyRows(source, next, step, min(TILE_ROWS, rows - i), steps, target);
    source += <usize>TILE_ROWS * next;
    target += <usize>(steps * LEFT_STEP);
  }
}

/** The rows of one step lie side by side. */
function packStepsOfRows(source: usize, step: usize, steps: i32, target: usize): void {
  for (let k: i32 = 0; k < steps; k++) {
    v128.store(target, v128.load(source));
    if (TILE_ROWS == 6) store<u64>(target, load<u64>(source, 16), 16);
    else store<u32>(target, load<u32>(source, 16), 16);
    source += step;
    target += LEFT_STEP;
  }
}

function packAnyRows(
  source: usize, next: usize, step: usize, rows: i32, steps: i32, target: usize,
): void {
  for (let i: i32 = 0; i < TILE_ROWS; i++) {
    let to = target + <usize>(i * 4);
    let from = source + <usize>i * next;
    for (let k: i32 = 0; k < steps; k++) {
      store<f32>(to, i < rows ? load<f32>(from) : 0);
      from += step;
      to += LEFT_STEP;
    }
  }
}

/** The steps of one row lie side by side: blocks of four rows by four steps turn in registers. */
function packRowsByStep(source: usize, next: usize, steps: i32, target: usize): void {
  const row0 = source;
  const row1 = row0 + next;
  const row2 = row1 + next;
  const row3 = row2 + next;
  const row4 = row3 + next;
  const row5 = row4 + next;
  let k: i32 = 0;
  for (; k + 4 <= steps; k += 4) {
    const offset = <usize>k << 2;
    const a = v128.load(row0 + offset);
    const b = v128.load(row1 + offset);
    const c = v128.load(row2 + offset);
    const d = v128.load(row3 + offset);
    const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
    const ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
    const cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    v128.store(target, v128.shuffle<f64>(ab0, cd0, 0, 2));
    v128.store(target + LEFT_STEP, v128.shuffle<f64>(ab0, cd0, 1, 3));
    v128.store(target + 2 * LEFT_STEP, v128.shuffle<f64>(ab1, cd1, 0, 2));
    v128.store(target + 3 * LEFT_STEP, v128.shuffle<f64>(ab1, cd1, 1, 3));
    const e = v128.load(row4 + offset);
    if (TILE_ROWS == 6) {
      const f = v128.load(row5 + offset);
      const ef0 = v128.shuffle<f32>(e, f, 0, 4, 1, 5);
      const ef1 = v128.shuffle<f32>(e, f, 2, 6, 3, 7);
      v128.store64_lane(target, ef0, 0, 16);
      v128.store64_lane(target + LEFT_STEP, ef0, 1, 16);
      v128.store64_lane(target + 2 * LEFT_STEP, ef1, 0, 16);
      v128.store64_lane(target + 3 * LEFT_STEP, ef1, 1, 16);
    } else {
      v128.store32_lane(target, e, 0, 16);
      v128.store32_lane(target + LEFT_STEP, e, 1, 16);
      v128.store32_lane(target + 2 * LEFT_STEP, e, 2, 16);
      v128.store32_lane(target + 3 * LEFT_STEP, e, 3, 16);
    }
    target += 4 * LEFT_STEP;
  }
  for (; k < steps; k++) {
    const offset = <usize>k << 2;
    store<f32>(target, load<f32>(row0 + offset));
    store<f32>(target, load<f32>(row1 + offset), 4);
    store<f32>(target, load<f32>(row2 + offset), 8);
    store<f32>(target, load<f32>(row3 + offset), 12);
    store<f32>(target, load<f32>(row4 + offset), 16);
    if (TILE_ROWS == 6) store<f32>(target, load<f32>(row5 + offset), 20);
    target += LEFT_STEP;
  }
}

/**
 * Columns `column` … `column + columns − 1` and `steps` steps from `start` of a right operand →
 * panels of eight columns, widened to float32.
 */
export function packRight(
  source: usize, stepStride: i32, columnStride: i32, format: i32,
  start: i32, steps: i32, column: i32, columns: i32, target: usize,
): void {
  for (let j: i32 = 0; j < columns; j += TILE_COLUMNS) {
    const first = <usize>(column + j) * <usize>columnStride + <usize>start * <usize>stepStride;
    const count = min(TILE_COLUMNS, columns - j);
    const whole = count == TILE_COLUMNS;
    // The format is constant in each branch, so that no inner loop asks for it.
    if (whole && columnStride == 1) {
      if (format == F32) packSteps(source, first, stepStride, steps, target, F32);
      else if (format == BF16) packSteps(source, first, stepStride, steps, target, BF16);
      else if (format == F16) packSteps(source, first, stepStride, steps, target, F16);
      else packSteps(source, first, stepStride, steps, target, INT8);
    } else if (whole && stepStride == 1) {
      if (format == F32) packColumns(source, first, columnStride, steps, target, F32);
      else if (format == BF16) packColumns(source, first, columnStride, steps, target, BF16);
      else if (format == F16) packColumns(source, first, columnStride, steps, target, F16);
      else packColumns(source, first, columnStride, steps, target, INT8);
    } else {
      packAnyColumns(source, first, stepStride, columnStride, format, count, steps, target);
    }
    target += <usize>(steps * RIGHT_STEP);
  }
}

function packAnyColumns(
  source: usize, first: usize, stepStride: i32, columnStride: i32, format: i32, count: i32,
  steps: i32, target: usize,
): void {
  for (let i: i32 = 0; i < TILE_COLUMNS; i++) {
    let to = target + <usize>(i * 4);
    let index = first + <usize>i * <usize>columnStride;
    for (let k: i32 = 0; k < steps; k++) {
      store<f32>(to, i < count ? loadWeight(source, index, format) : 0);
      index += <usize>stepStride;
      to += RIGHT_STEP;
    }
  }
}

// @ts-ignore: decorator
@inline
function packSteps(
  source: usize, first: usize, stride: i32, steps: i32, target: usize, format: i32,
): void {
  for (let k: i32 = 0; k < steps; k++) {
    v128.store(target, loadWeights(source, first, format));
    v128.store(target, loadWeights(source, first + 4, format), 16);
    first += <usize>stride;
    target += RIGHT_STEP;
  }
}

// @ts-ignore: decorator
@inline
function packColumns(
  source: usize, first: usize, stride: i32, steps: i32, target: usize, format: i32,
): void {
  const next = <usize>stride;
  let k: i32 = 0;
  for (; k + 4 <= steps; k += 4) {
    for (let half: usize = 0; half < 2; half++) {
      const at = first + half * 4 * next;
      const a = loadWeights(source, at, format);
      const b = loadWeights(source, at + next, format);
      const c = loadWeights(source, at + 2 * next, format);
      const d = loadWeights(source, at + 3 * next, format);
      const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
      const ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
      const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
      const cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
      const to = target + half * 16;
      v128.store(to, v128.shuffle<f64>(ab0, cd0, 0, 2));
      v128.store(to, v128.shuffle<f64>(ab0, cd0, 1, 3), RIGHT_STEP);
      v128.store(to, v128.shuffle<f64>(ab1, cd1, 0, 2), 2 * RIGHT_STEP);
      v128.store(to, v128.shuffle<f64>(ab1, cd1, 1, 3), 3 * RIGHT_STEP);
    }
    first += 4;
    target += 4 * RIGHT_STEP;
  }
  for (; k < steps; k++) {
    for (let i: usize = 0; i < 8; i++) {
      store<f32>(target + i * 4, loadWeight(source, first + i * next, format));
    }
    first += 1;
    target += RIGHT_STEP;
  }
}
