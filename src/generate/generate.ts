/**
 * Answers from a model, several at once: the prompts are read in one pass, then one token a step
 * for all of them, with keys and values kept. Prompts may differ in length.
 */
import { DataError } from '../errors.ts';
import { gather, tensor, tidy, zeros, type Tensor } from '@tensorflow/tfjs-core';
import type { ForwardContext, LanguageModel } from '../../models/language-model.ts';
import { headOf, linearAdapter, type LoraAdapter } from '../lora/adapter.ts';
import { cachedAttention } from '../ops/cached-attention/cached-attention.ts';
import { likeliest } from '../ops/likeliest/likeliest.ts';
import { headLogits } from '../ops/linear/head-logits.ts';
import { linear } from '../ops/linear/linear.ts';
import { createRandom } from '../random.ts';
import type { SamplingSettings } from './config.ts';
import { sampleToken } from './sample.ts';

export interface GenerationJob {
  model: LanguageModel;
  adapter?: LoraAdapter | undefined;
  /** Token ids of each prompt, none empty. */
  prompts: readonly (readonly number[])[];
  sampling: SamplingSettings;
  /** Ids that end an answer. */
  endIds: readonly number[];
  stopRequested(): boolean;
  /** Called after each step with the new token of each sequence that still runs. */
  onTokens?(tokens: readonly (number | undefined)[]): Promise<void>;
}

export interface Generated {
  /** New tokens, the end token left out. */
  tokens: number[];
  stopped: 'end' | 'length' | 'asked';
}

/** Cache sizes in multiples of this, so that few shapes occur. */
const CAPACITY_STEP = 64;

/** @throws DataError when a prompt is empty or leaves no room in the model's context */
export async function generate(job: GenerationJob): Promise<Generated[]> {
  const { model, prompts, sampling, endIds } = job;
  const { contextLength, layers, kvHeads, headDim } = model.shape;
  const longest = Math.max(...prompts.map(({ length }) => length));
  if (prompts.some(({ length }) => length === 0)) throw new DataError('A prompt has no token.');
  if (longest >= contextLength) {
    throw new DataError(
      `The prompt has ${longest} tokens; the model reads ${contextLength} at most, the answer included.`,
    );
  }
  const room = Math.min(sampling.maxNewTokens, contextLength - longest);
  const capacity = Math.ceil((longest + room) / CAPACITY_STEP) * CAPACITY_STEP;
  const batch = prompts.length;
  const caches = Array.from({ length: layers }, () =>
    zeros([batch, capacity, 2 * kvHeads * headDim]),
  );
  const random = createRandom(sampling.seed);
  const streams = prompts.map((_, i) => random.fork(`sequence/${i}`));
  const results: Generated[] = prompts.map(() => ({ tokens: [], stopped: 'length' }));
  const running = prompts.map(() => true);
  const lengths = prompts.map(() => 0);
  const padded = prompts.map((ids) => [...ids, ...Array<number>(longest - ids.length).fill(0)]);

  try {
    let input = padded.flat();
    let time = longest;
    let readAt = prompts.map((ids, b) => b * longest + ids.length - 1);
    for (let step = 0; step < room && running.some(Boolean); step++) {
      // Of greedy decoding only the tokens leave the engine, else whole rows of logits.
      const answer = tidy(() => {
        const logits = logitsAt(job, caches, input, time, lengths, readAt);
        return sampling.greedy ? likeliest(logits) : logits;
      });
      const values = await answer.data();
      answer.dispose();
      const width = model.shape.vocabSize;
      const next = prompts.map((ids, b) => {
        lengths[b]! += step === 0 ? ids.length : 1;
        if (!running[b]) return undefined;
        const row = () => values.subarray(b * width, (b + 1) * width) as Float32Array;
        const token = sampling.greedy ? values[b]! : sampleToken(row(), sampling, streams[b]!);
        if (endIds.includes(token)) {
          running[b] = false;
          results[b]!.stopped = 'end';
          return undefined;
        }
        results[b]!.tokens.push(token);
        return token;
      });
      await job.onTokens?.(next);
      if (job.stopRequested()) {
        running.forEach((runs, b) => runs && (results[b]!.stopped = 'asked'));
        break;
      }
      // A finished sequence goes on with token 0; nobody reads what it says.
      input = next.map((token) => token ?? 0);
      time = 1;
      readAt = prompts.map((_, b) => b);
    }
  } finally {
    for (const cache of caches) cache.dispose();
  }
  return results;
}

/** Logits [B, V] at one flat position per sequence. */
function logitsAt(
  { model, adapter }: GenerationJob,
  caches: readonly Tensor[],
  input: readonly number[],
  time: number,
  lengths: readonly number[],
  readAt: readonly number[],
): Tensor {
  const batch = lengths.length;
  const int32 = (values: readonly number[]) =>
    tensor(Int32Array.from(values), [values.length], 'int32');
  // The last position of a finished sequence may lie past the cache; it is clamped and not read.
  const last = caches[0]!.shape[1]! - 1;
  const positions = input.map((_, i) =>
    Math.min(lengths[Math.floor(i / time)]! + (i % time), last),
  );
  const filled = int32(lengths.map((length) => Math.min(length, last)));
  const context: ForwardContext = {
    batch,
    time,
    ids: int32(input),
    positions: int32(positions),
    linear: (layer, x, residual) =>
      linear('apply' in x ? x.apply() : x, layer.weight, {
        bias: layer.bias,
        residual,
        adapter: linearAdapter(adapter, layer),
      }),
    attend: (layer, qkv, shape) => cachedAttention(qkv, caches[layer]!, filled, shape),
    lengths: readAt.map((at, b) => lengths[b]! + (at - b * time) + 1),
    replacements: adapter?.replacements,
    block: (_layer, x, run) => tidy(() => run(x)),
  };
  return headLogits(gather(model.hidden(context), int32(readAt)), headOf(model, adapter));
}
