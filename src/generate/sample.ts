/** The next token drawn from one row of logits after temperature, top-k and top-p. */
import type { Random } from '../random.ts';
import type { SamplingSettings } from './config.ts';

/** logits [V] → token id. */
export function sampleToken(
  logits: Float32Array,
  { temperature, topK, topP }: Omit<SamplingSettings, 'greedy'>,
  random: Random,
): number {
  const order = Array.from(logits.keys()).sort((a, b) => logits[b]! - logits[a]! || a - b);
  const kept = topK > 0 ? order.slice(0, topK) : order;
  const top = logits[kept[0]!]!;
  const shares = kept.map((id) => Math.exp((logits[id]! - top) / temperature));
  const whole = shares.reduce((sum, share) => sum + share, 0);
  // The smallest set of likeliest tokens whose probabilities reach topP; never empty.
  let count = 0;
  let reached = 0;
  while (count < shares.length && (count === 0 || reached < topP * whole)) {
    reached += shares[count]!;
    count++;
  }
  let left = random.uniform() * reached;
  for (let i = 0; i < count; i++) {
    left -= shares[i]!;
    if (left < 0) return kept[i]!;
  }
  return kept[count - 1]!;
}
