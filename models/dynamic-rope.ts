/**
 * Rope whose base grows with the length of a text (dynamic NTK): a text within the context the model was
 * trained with is rotated as ever, a longer one by frequencies for its own length, all of it, as
 * transformers does with a fresh model. A batch may hold texts of several lengths, so the table has a block
 * of rows for each length that needs one, and positions count from the block of their text.
 */
import { add, keep, tensor, type Tensor } from '@tensorflow/tfjs-core';
import type { ForwardContext } from './language-model.ts';
import type { RopeConfig } from './rope-config.ts';
import { ropeTable } from './rope-table.ts';

/** Tables of the last batches; the backward pass may read one once more. */
const KEPT = 4;
/** A block of at least so many rows serves all short texts. */
const MOST_ROWS = 8192;

export interface DynamicRope {
  /** The table for a batch, whose positions are moved to their rows in it. */
  tableFor(context: ForwardContext): Tensor;
  dispose(): void;
}

/** @param trained tokens up to which nothing grows */
export function dynamicRope(rope: RopeConfig, rotaryDim: number, trained: number): DynamicRope {
  const tables = new Map<string, Tensor>();
  const tableOf = (rows: number, long: readonly number[]): Tensor => {
    const key = `${rows}: ${long.join()}`;
    const found = tables.get(key);
    if (found) return found;
    const values = new Float32Array(rows * (1 + long.length) * rotaryDim);
    [trained, ...long].forEach((length, block) =>
      values.set(ropeTable(rope, rotaryDim, rows, length), block * rows * rotaryDim),
    );
    const table = keep(tensor(values, [rows * (1 + long.length), rotaryDim]));
    tables.set(key, table);
    const [oldest] = tables.keys();
    if (tables.size > KEPT && oldest !== undefined) {
      tables.get(oldest)?.dispose();
      tables.delete(oldest);
    }
    return table;
  };
  return {
    tableFor(context) {
      const { batch, time } = context;
      const lengths = context.lengths ?? Array<number>(batch).fill(time);
      const long = [...new Set(lengths)].filter((length) => length > trained);
      const rows = Math.max(Math.min(trained, MOST_ROWS), time, ...lengths);
      if (long.length > 0) {
        const shifts = Int32Array.from({ length: batch * time }, (_, i) => {
          const block = long.indexOf(lengths[Math.floor(i / time)]!) + 1;
          return block * rows;
        });
        context.positions = add(context.positions, tensor(shifts, [shifts.length], 'int32'));
      }
      return tableOf(rows, long);
    },
    dispose() {
      for (const table of tables.values()) table.dispose();
      tables.clear();
    },
  };
}
