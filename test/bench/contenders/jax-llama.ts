/**
 * The same model in jax-js, as its documentation would have one write it: pure functions, compiled
 * whole by jit. jax-js counts references: every use of an array but its last takes `.ref`.
 */
import { nn, numpy as np, tree, type Array as JaxArray } from '@jax-js/jax';
import * as weights from '../weights.ts';
import type { Shape } from '../workloads.ts';

/** Arrays by the checkpoint's names, or `<path>.lora_A` and `<path>.lora_B`. */
// A type alias: jax-js's trees need one.

export type Arrays = { [name: string]: JaxArray };

export function createBase(shape: Shape): Arrays {
  return Object.fromEntries(
    weights
      .tensorsOf(shape)
      .map((named) => [
        named.name,
        toArray(weights.weightValues(named, shape.format), named.shape),
      ]),
  );
}

export function createLora(shape: Shape): Arrays {
  const arrays: Arrays = {};
  for (let i = 0; i < shape.layers; i++) {
    for (const { path, out, in: columns } of weights.linearsOf(shape)) {
      const layerPath = `model.layers.${i}.${path}`;
      const { a, b } = weights.loraValues(layerPath, out, columns);
      arrays[`${layerPath}.lora_A`] = toArray(a, [weights.LORA_RANK, columns]);
      arrays[`${layerPath}.lora_B`] = toArray(b, [out, weights.LORA_RANK]);
    }
  }
  return arrays;
}

function toArray(values: Float32Array, shape: number[]): JaxArray {
  return np.array(values).reshape(shape);
}

/**
 * Mean NLL of every token but the first of each sequence; consumes all arrays.
 * @param ids int32 [B, T]
 */
export function jaxLoss(shape: Shape, base: Arrays, lora: Arrays, ids: JaxArray): JaxArray {
  const [batch, time] = ids.shape as [number, number];
  const used = (name: string) => base[name]!.ref;
  const linear = (path: string, x: JaxArray): JaxArray => {
    const weight = used(`${path}.weight`);
    if (!lora[`${path}.lora_A`]) return np.matmul(x, weight.transpose());
    const low = np.matmul(x.ref, lora[`${path}.lora_A`]!.ref.transpose());
    const high = np.matmul(low, lora[`${path}.lora_B`]!.ref.transpose());
    return np.matmul(x, weight.transpose()).add(high.mul(weights.LORA_SCALE));
  };
  const { cos, sin } = rotations(shape, time);
  // A product with one-hot rows: what the docs' own models do, and its gradient is a product too.
  const onehot = nn.oneHot(ids.ref.reshape([batch * time]), shape.vocabSize);
  let x = np.matmul(onehot, used('model.embed_tokens.weight'));
  for (let i = 0; i < shape.layers; i++) {
    const layer = `model.layers.${i}`;
    const normed = rmsNorm(x.ref, used(`${layer}.input_layernorm.weight`));
    const heads = (name: string, input: JaxArray, count: number) =>
      linear(`${layer}.self_attn.${name}`, input).reshape([batch, time, count, shape.headDim]);
    const query = rotate(heads('q_proj', normed.ref, shape.heads), cos.ref, sin.ref);
    const key = rotate(heads('k_proj', normed.ref, shape.kvHeads), cos.ref, sin.ref);
    const value = heads('v_proj', normed, shape.kvHeads);
    const mixed = nn
      .dotProductAttention(query, key, value, { isCausal: true })
      .reshape([batch * time, shape.heads * shape.headDim]);
    x = x.add(linear(`${layer}.self_attn.o_proj`, mixed));
    const between = rmsNorm(x.ref, used(`${layer}.post_attention_layernorm.weight`));
    const gate = linear(`${layer}.mlp.gate_proj`, between.ref);
    const up = linear(`${layer}.mlp.up_proj`, between);
    x = x.add(linear(`${layer}.mlp.down_proj`, nn.silu(gate).mul(up)));
  }
  cos.dispose();
  sin.dispose();
  const final = rmsNorm(x, used('model.norm.weight'));
  const logits = np.matmul(final, used('model.embed_tokens.weight').transpose());
  const logProbabilities = nn
    .logSoftmax(logits, -1)
    .reshape([batch, time, shape.vocabSize])
    .slice([], [0, time - 1]);
  const targets = nn.oneHot(ids.slice([], [1, time]), shape.vocabSize);
  tree.dispose(base);
  tree.dispose(lora);
  return logProbabilities
    .mul(targets)
    .sum()
    .mul(-1 / (batch * (time - 1)));
}

function rmsNorm(x: JaxArray, gamma: JaxArray): JaxArray {
  const meanSquare = np.mean(np.square(x.ref), -1, { keepdims: true });
  return x.div(np.sqrt(meanSquare.add(weights.NORM_EPSILON))).mul(gamma);
}

/** cos and sin [T, 1, D/2]. */
function rotations({ headDim }: Shape, time: number): { cos: JaxArray; sin: JaxArray } {
  const half = headDim / 2;
  const table = (of: (angle: number) => number) =>
    toArray(
      Float32Array.from({ length: time * half }, (_, i) =>
        of(Math.floor(i / half) * weights.ROPE_THETA ** (-(i % half) / half)),
      ),
      [time, 1, half],
    );
  return { cos: table(Math.cos), sin: table(Math.sin) };
}

/** x [B, T, H, D] */
function rotate(x: JaxArray, cos: JaxArray, sin: JaxArray): JaxArray {
  const [first, second] = np.split(x, 2, -1) as [JaxArray, JaxArray];
  const left = first.ref.mul(cos.ref).sub(second.ref.mul(sin.ref));
  const right = second.mul(cos).add(first.mul(sin));
  return np.concatenate([left, right], -1);
}
