/**
 * The slots of an adapter: which output rows of a stacked weight have a low-rank update of their
 * own. In WGSL they are uniforms, so that q|k|v, gate|up and a single projection share one pipeline.
 */
import { at } from '../shape.ts';

/** Projections that one stacked weight may adapt. */
const MAX_SLOTS = 8;

/** Output rows [start, end), and the first row of its B. */
export interface SlotRows {
  start: number;
  end: number;
  bRow: number;
}

/** start₀, end₀, start₁, end₁, … → a slot each. */
export function slotRows(slots: readonly number[]): SlotRows[] {
  let bRow = 0;
  return Array.from({ length: slots.length / 2 }, (_, index) => {
    const slot = { start: at(slots, 2 * index), end: at(slots, 2 * index + 1), bRow };
    bRow += slot.end - slot.start;
    return slot;
  });
}

/** Rows of all slots together: those of B. */
export function adaptedRows(slots: readonly number[]): number {
  return slotRows(slots).reduce((sum, { start, end }) => sum + end - start, 0);
}

export const slotTypes = { slots: `array<vec4<i32>, ${MAX_SLOTS}>` } as const;

/**
 * (first row, row after the last, first row of B, 0) for each slot.
 * @throws RangeError when there are more than eight
 */
export function slotUniforms(slots: readonly number[]): { slots: number[] } {
  const rows = slotRows(slots);
  if (rows.length > MAX_SLOTS) {
    throw new RangeError(`Expected at most ${MAX_SLOTS} slots, got ${rows.length}.`);
  }
  return { slots: rows.flatMap(({ start, end, bRow }) => [start, end, bRow, 0]) };
}

/** `slotRows(z)`: rows of a slot. */
export const slotFunctions = `fn slotRows(z : i32) -> i32 {
  return uniforms.slots[z].y - uniforms.slots[z].x;
}`;

/** Whether every slot starts and ends at a multiple of four rows. */
export function slotsAligned(slots: readonly number[]): boolean {
  return slots.every((row) => row % 4 === 0);
}

export function longestSlot(slots: readonly number[]): number {
  return Math.max(0, ...slotRows(slots).map(({ start, end }) => end - start));
}
