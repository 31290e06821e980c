/** Rows of a table on the CPU, in any format, and the table's gradient. */
import { loadWeight, rowValues, share } from '../simd.as';

/** Rows of a table part that holds ids [firstRow, firstRow + tableRows); others are left alone. */
export function gatherRows(
  ids: usize, table: usize, format: i32, firstRow: i32, tableRows: i32, y: usize,
  rows: i32, width: i32, part: i32, parts: i32,
): void {
  const end = share(rows, part + 1, parts, 1);
  for (let row = share(rows, part, parts, 1); row < end; row++) {
    const id = load<i32>(ids + <usize>row * 4) - firstRow;
    if (id < 0 || id >= tableRows) continue;
    const to = y + <usize>row * <usize>width * 4;
    const from = <usize>id * <usize>rowValues(width, format);
    for (let i: i32 = 0; i < width; i++) {
      store<f32>(to + <usize>i * 4, loadWeight(table, from + <usize>i, format));
    }
  }
}

/** out [tableRows, width] = Σ of the rows of dy with that id; each thread owns a range of columns. */
export function embeddingGradient(
  ids: usize, dy: usize, out: usize, rows: i32, width: i32, tableRows: i32, part: i32, parts: i32,
): void {
  const from = share(width, part, parts, 1);
  const to = share(width, part + 1, parts, 1);
  for (let row: i32 = 0; row < tableRows; row++) {
    memory.fill(out + (<usize>row * <usize>width + <usize>from) * 4, 0, <usize>(to - from) * 4);
  }
  for (let n: i32 = 0; n < rows; n++) {
    const target = out + <usize>load<i32>(ids + <usize>n * 4) * <usize>width * 4;
    const source = dy + <usize>n * <usize>width * 4;
    for (let i = from; i < to; i++) {
      const at = <usize>i * 4;
      store<f32>(target + at, load<f32>(target + at) + load<f32>(source + at));
    }
  }
}
