/** One shape for each series, so that color never speaks alone. */

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

/** Path of the mark of a slot (1 to 8) around the origin, about as large as a circle of `radius`. */
export function markPath(slot: number, radius: number): string {
  const { corners, turn, inner } = SHAPES[(slot - 1) % SHAPES.length]!;
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
