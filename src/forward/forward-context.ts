/**
 * The usual way through a model: whole sequences, an adapter if there is one, dropout while
 * training, and blocks that may be recomputed in the backward pass instead of remembered.
 */
import { tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { ForwardContext, StackedLinear } from '../../models/language-model.ts';
import { attention } from '../ops/attention/attention.ts';
import { backward } from '../ops/backward.ts';
import { dropout } from '../ops/dropout/dropout.ts';
import { linear } from '../ops/linear/linear.ts';
import { linearAfter } from '../ops/linear/recomputable.ts';
import { at } from '../ops/shape.ts';
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
  /** What the adapter reads instead of x. */
  const droppedInput = (layer: StackedLinear, x: Tensor) => {
    if (!dropped || dropped.rate === 0 || !adapter?.linears.has(layer.name)) return undefined;
    // A seed per layer and block; the same again when the block is recomputed.
    return dropout(x, dropped.rate, seedOf(`${dropped.seed}/${currentLayer}/${layer.name}`));
  };
  const context: ForwardContext = {
    batch,
    time,
    ids,
    positions,
    replacements: adapter?.replacements,
    attend: (_layer, qkv, shape) => attention(qkv, batch, time, shape),
    linear(layer, x, residual) {
      const addends = { bias: layer.bias, residual };
      if (!('apply' in x)) {
        const input = droppedInput(layer, x);
        return linear(x, layer.weight, {
          ...addends,
          adapter: linearAdapter(adapter, layer, input),
        });
      }
      if (dropped && dropped.rate > 0) return context.linear(layer, x.apply(), residual);
      return linearAfter(x, layer.weight, { ...addends, adapter: linearAdapter(adapter, layer) });
    },
    block(layer, x, run) {
      const runBlock = (input: Tensor, ownPositions: Tensor) => {
        currentLayer = layer;
        context.positions = ownPositions;
        return tidy(() => run(input));
      };
      return checkpointing
        ? recomputed(x, context.positions, checkpointing.variables, runBlock)
        : runBlock(x, context.positions);
    },
  };
  return context;
}

/**
 * Runs a block without remembering anything inside it; the backward pass runs it once more, when
 * the tensors of the forward pass are gone: whatever a block reads beside weights is remembered.
 */
function recomputed(
  x: Tensor,
  positions: Tensor,
  variables: readonly Tensor[],
  run: (x: Tensor, positions: Tensor) => Tensor,
): Tensor {
  const outputs = taped(
    { x, v: variables },
    () => ({ outputs: [run(x, positions)], saved: { x, positions } }),
    (dy, saved) => {
      const again = () => run(saved.x, saved.positions);
      const { value, gradients } = backward(again, [saved.x, ...variables], dy);
      value.dispose();
      const [dx, ...others] = gradients;
      // Nothing for the variables of other blocks.
      return { x: () => dx, v: others.map((gradient) => () => gradient) };
    },
  );
  return at(outputs, 0);
}

function seedOf(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  return value | 0;
}
