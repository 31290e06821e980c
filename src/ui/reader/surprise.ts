/** How a token's surprise is shown and said. NLL in nats. */
import { digits } from '../../figures/format.ts';

/** At a chance of one in a thousand the tint is full. */
export const FULL_SURPRISE = Math.log(1000);

/** Share of the strongest tint, 0 to 1. */
export function tint(nll: number): number {
  return Math.min(1, Math.max(0, nll / FULL_SURPRISE));
}

/** The chance the model gave a token: "99 %", "1 in 12". */
export function chance(nll: number): string {
  const probability = Math.exp(-nll);
  if (probability > 0.995) return 'over 99 %';
  if (probability >= 0.1) return `${Math.round(probability * 100)} %`;
  return `1 in ${digits(Math.exp(nll), 2)}`;
}
