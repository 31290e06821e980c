/**
 * Slots in WGSL: which output rows of a stacked weight have a low-rank update of their own. They
 * are uniforms, so that q|k|v, gate|up and a single projection share one pipeline.
 */

/** Projections that one stacked weight may adapt. */
const MAX_SLOTS = 8;

export const slotTypes = { slots: `array<vec4<i32>, ${MAX_SLOTS}>` } as const;

/**
 * (first row, row after the last, first row of B, 0) for each slot.
 * @throws RangeError when there are more than eight
 */
export function slotUniforms(slots: readonly number[]): { slots: number[] } {
  const count = slots.length / 2;
  if (count > MAX_SLOTS) throw new RangeError(`Expected at most ${MAX_SLOTS} slots, got ${count}.`);
  const values: number[] = [];
  let bRow = 0;
  for (let index = 0; index < count; index++) {
    const start = slots[2 * index]!;
    const end = slots[2 * index + 1]!;
    values.push(start, end, bRow, 0);
    bRow += end - start;
  }
  return { slots: values };
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
  let longest = 0;
  for (let i = 0; i < slots.length; i += 2) longest = Math.max(longest, slots[i + 1]! - slots[i]!);
  return longest;
}
