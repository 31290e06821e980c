/**
 * What tells series apart: a color and a shape, so that color never speaks alone. There are eight of
 * each; further series repeat the colors with other shapes and dashed lines, so that the first 64 slots
 * are all different.
 */

/** Tokens `--series-1` to `--series-8` of the page. */
export const COLORS = 8;
const DASHES = [undefined, '7 4', '2 3'] as const;

/** How often each slot's polygon has corners, and how it is turned (radians); 0 corners: a circle. */
const SHAPES: readonly { corners: number; turn: number; inner?: number }[] = [
  { corners: 0, turn: 0 },
  { corners: 4, turn: Math.PI / 4 },
  { corners: 3, turn: -Math.PI / 2 },
  { corners: 4, turn: 0 },
  { corners: 3, turn: Math.PI / 2 },
  { corners: 5, turn: -Math.PI / 2 },
  { corners: 4, turn: 0, inner: 0.42 },
  { corners: 6, turn: 0 },
];

/** How often the colors were given out before this slot. */
const roundOf = (slot: number): number => Math.floor((slot - 1) / COLORS);

/** Color of a slot, counted from 1. */
export const seriesColor = (slot: number): string => `var(--series-${((slot - 1) % COLORS) + 1})`;

/** Dashes of a slot's lines; undefined for a solid one. */
export const seriesDash = (slot: number): string | undefined =>
  DASHES[roundOf(slot) % DASHES.length];

/** Path of the mark of a slot around the origin, about as large as a circle of `radius`. */
export function markPath(slot: number, radius: number): string {
  // Three further in each round: 3 and 8 share no factor, so no color meets a shape twice in eight rounds.
  const { corners, turn, inner } = SHAPES[(slot - 1 + 3 * roundOf(slot)) % SHAPES.length]!;
  if (corners === 0)
    return `M${-radius} 0a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0z`;
  const reach = radius * (inner === undefined ? 1.18 : 1.4);
  const points = inner === undefined ? corners : corners * 2;
  const path = Array.from({ length: points }, (_, i) => {
    const angle = turn + (i / points) * 2 * Math.PI;
    const length = inner !== undefined && i % 2 === 1 ? reach * inner : reach;
    return `${round(Math.cos(angle) * length)} ${round(Math.sin(angle) * length)}`;
  });
  return `M${path.join('L')}z`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
