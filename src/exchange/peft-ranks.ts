/** Adapted layers of different ranks and scales → one rank and one scale, as the adapter here has them. */
import type { LoraValues } from '../lora/adapter.ts';
import type { LoraSettings } from '../lora/config.ts';
import { notice, type Notice } from '../notices.ts';
import type { LowRank } from './base-change.ts';
import type { PeftConfig } from './peft-config.ts';

/** One layer as the file holds it: A [rank, columns], B [rows, rank]. */
export interface PairValues {
  path: string;
  rank: number;
  a: Float32Array;
  b: Float32Array;
  /** What opening the adapter takes out of the base weight, as it is or times the layer's scale. */
  taken?: LowRank & { scaled: boolean };
}

/**
 * Pads A and B with zeros and scales the columns of B, so that scale · B·A of each layer is what the file
 * means: its own scale · B·A, less what is taken out of the base.
 */
export function bringTogether(
  pairs: readonly PairValues[],
  config: PeftConfig,
  notices: Notice[],
): { settings: LoraSettings; values: Map<string, LoraValues> } {
  const scaleOf = (alpha: number, rank: number) =>
    config.rankStabilized ? alpha / Math.sqrt(rank) : alpha / rank;
  const rank = Math.max(...pairs.map(({ rank: r, taken }) => (taken ? 2 * r : r)));
  const scales = pairs.map((pair) => scaleOf(config.alphaOf(pair.path), pair.rank));
  const needsScale = scales.some((scale) => scale !== 0) || pairs.some(({ taken }) => taken);
  // With an alpha of 0 nothing could be scaled back: where something is to be computed, take another.
  const alpha = config.alpha === 0 && needsScale ? rank : config.alpha;
  const scale = scaleOf(alpha, rank);
  const values = new Map<string, LoraValues>();
  const changed: string[] = [];
  pairs.forEach((pair, i) => {
    const factor = scale === 0 ? 1 : scales[i]! / scale;
    if (pair.rank === rank && factor === 1 && !pair.taken) {
      values.set(pair.path, { a: pair.a, b: pair.b });
      return;
    }
    if (!pair.taken) changed.push(pair.path);
    values.set(pair.path, widened(pair, rank, factor, scale));
  });
  if (changed.length > 0) {
    const text = `Layers with a rank or alpha of their own were brought to rank ${rank}; they compute the same.`;
    notices.push(notice('info', text, changed));
  }
  const settings: LoraSettings = {
    rank,
    alpha,
    dropout: config.dropout,
    targets: 'all-linear',
    rankStabilized: config.rankStabilized,
  };
  return { settings, values };
}

function widened(
  { rank: given, a, b, taken }: PairValues,
  rank: number,
  factor: number,
  scale: number,
): LoraValues {
  const columns = a.length / given;
  const rows = b.length / given;
  const wideA = new Float32Array(rank * columns);
  const wideB = new Float32Array(rows * rank);
  wideA.set(a);
  if (taken) wideA.set(taken.a, given * columns);
  const takenFactor = taken?.scaled ? -factor : -1 / scale;
  for (let row = 0; row < rows; row++) {
    for (let r = 0; r < given; r++) {
      wideB[row * rank + r] = factor * b[row * given + r]!;
      if (taken) wideB[row * rank + given + r] = takenFactor * taken.b[row * given + r]!;
    }
  }
  return { a: wideA, b: wideB };
}
