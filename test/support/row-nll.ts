/** Σ NLL of each row of a reference, nats, one row a batch: all tokens but the first count. */
import { tidy } from '@tensorflow/tfjs-core';
import type { LanguageModel } from '../../models/language-model.ts';
import { tokenLosses } from '../../src/forward/token-losses.ts';
import type { LoraAdapter } from '../../src/lora/adapter.ts';
import type { Reference } from '../models/parity.ts';

export async function rowNll(
  model: LanguageModel,
  { input_ids, lengths }: Pick<Reference, 'input_ids' | 'lengths'>,
  adapter?: LoraAdapter,
): Promise<number[]> {
  const sums: number[] = [];
  for (const [row, length] of lengths.entries()) {
    const positions = Int32Array.from({ length: length - 1 }, (_, i) => i);
    const tokens = Int32Array.from(input_ids[row]!.slice(0, length));
    const batch = {
      tokens,
      batch: 1,
      time: length,
      lengths: Int32Array.of(length),
      examples: Int32Array.of(0),
      rows: positions,
      targets: tokens.slice(1),
      exampleOf: positions.map(() => 0),
      positionOf: positions.map((position) => position + 1),
    };
    const nll = tidy(() => tokenLosses(model, batch, { adapter }, false).nll);
    sums.push([...(await nll.data())].reduce((sum, each) => sum + each, 0));
    nll.dispose();
  }
  return sums;
}
