/** The way back: weights on the engine → tensors by their names in a Hugging Face checkpoint. */
import type { LoadedWeights } from './load-weights.ts';
import type { PlanPart, WeightPlan } from './weight-plan.ts';
import { widen } from '../src/ops/widen/widen.ts';

export type StateDict = Map<string, { shape: number[]; values: Float32Array }>;

/** Every tensor of the plan, float32, in the file's own order and orientation. */
export async function weightState(plan: WeightPlan, loaded: LoadedWeights): Promise<StateDict> {
  const state: StateDict = new Map();
  for (const { name, columns, parts } of plan.matrices) {
    const whole = widen(loaded.matrices.get(name)!);
    const values = (await whole.data()) as Float32Array;
    whole.dispose();
    unstack(state, values, columns, parts, (part) =>
      part.transposed ? [columns, part.rows] : [part.rows, columns],
    );
  }
  for (const { name, parts } of plan.vectors) {
    const values = (await loaded.vectors.get(name)!.data()) as Float32Array;
    unstack(state, values, 1, parts, (part) => [part.rows]);
  }
  return state;
}

function unstack(
  state: StateDict,
  stacked: Float32Array,
  columns: number,
  parts: readonly PlanPart[],
  shapeOf: (part: PlanPart) => number[],
): void {
  let offset = 0;
  for (const part of parts) {
    const { rows, transposed } = part;
    const order = part.order?.();
    const values = new Float32Array(rows * columns);
    for (let row = 0; row < rows; row++) {
      const to = order ? order[row]! : row;
      for (let column = 0; column < columns; column++) {
        const at = transposed ? column * rows + to : to * columns + column;
        values[at] = stacked[offset + row * columns + column]!;
      }
    }
    state.set(part.tensor, { shape: shapeOf(part), values });
    offset += rows * columns;
  }
}
