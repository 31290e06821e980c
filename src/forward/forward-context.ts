/**
 * The usual way through a model: whole sequences, an adapter if there is one, dropout while
 * training, and blocks that may be recomputed in the backward pass instead of remembered.
 */
import { engine, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { ForwardContext } from '../../models/language-model.ts';
import { attention } from '../ops/attention/attention.ts';
import { dropout } from '../ops/dropout/dropout.ts';
import { linear } from '../ops/linear/linear.ts';
import { taped } from '../ops/tape.ts';
import { linearAdapter, type LoraAdapter } from '../lora/adapter.ts';

export interface ForwardOptions {
  adapter?: LoraAdapter | undefined;
  /** Dropout on the adapter's inputs; undefined when not training. */
  dropout?: { rate: number; seed: number } | undefined;
  /** Recompute each block's activations in the backward pass (Chen et al. 2016). */
  checkpointing?: { variables: readonly Tensor[] } | undefined;
}

/** ids and positions: int32 [B·T]. */
export function forwardContext(
  batch: number,
  time: number,
  ids: Tensor,
  positions: Tensor,
  { adapter, dropout: dropped, checkpointing }: ForwardOptions = {},
): ForwardContext {
  let currentLayer = 0;
  return {
    batch,
    time,
    ids,
    positions,
    attend: (_layer, qkv, shape) => attention(qkv, batch, time, shape),
    linear(layer, x, residual) {
      // A seed per layer and block; the same again when the block is recomputed.
      const seed = dropped && seedOf(`${dropped.seed}/${currentLayer}/${layer.name}`);
      const input =
        seed !== undefined && dropped!.rate > 0 && adapter?.linears.has(layer.name)
          ? dropout(x, dropped!.rate, seed)
          : undefined;
      return linear(x, layer.weight, {
        bias: layer.bias,
        residual,
        adapter: linearAdapter(adapter, layer, input),
      });
    },
    block(layer, x, run) {
      const whole = (input: Tensor) => {
        currentLayer = layer;
        return tidy(() => run(input));
      };
      return checkpointing ? recomputed(x, checkpointing.variables, whole) : whole(x);
    },
  };
}

/** Runs a block without remembering anything inside it; the backward pass runs it once more. */
function recomputed(x: Tensor, variables: readonly Tensor[], run: (x: Tensor) => Tensor): Tensor {
  const inputs: Record<string, Tensor> = { x };
  variables.forEach((own, i) => (inputs[`v${i}`] = own));
  return taped(
    inputs,
    (save) => {
      save([x]);
      return [run(x)];
    },
    ([dy], [savedX]) => {
      const wanted = [savedX!, ...variables];
      const gradients = gradientsInside(() => run(savedX!), wanted, dy!);
      const thunks: Record<string, () => Tensor> = { x: () => gradients[0]! };
      variables.forEach((_, i) => (thunks[`v${i}`] = () => gradients[i + 1]!));
      return thunks;
    },
  )[0]!;
}

/** tfjs keeps one tape at a time: a gradient inside a backward pass must put the outer one back. */
function gradientsInside(run: () => Tensor, wanted: Tensor[], dy: Tensor): Tensor[] {
  const { state } = engine();
  const outer = state.activeTape;
  try {
    const { value, grads } = engine().gradients(run, wanted, dy, true);
    value.dispose();
    return grads;
  } finally {
    (state as { activeTape?: unknown }).activeTape = outer;
  }
}

function seedOf(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  return value | 0;
}
