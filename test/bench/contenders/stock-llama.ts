/**
 * The same model in stock tfjs ops, as one would write it: an op for every line of the formula, no
 * kernel of ours. Linear weights are [out, in] as in the checkpoint.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as weights from '../weights.ts';
import type { Shape } from '../workloads.ts';

export interface StockModel {
  shape: Shape;
  /** By the checkpoint's names; variables when they are trained. */
  base: Map<string, tf.Tensor>;
  /** By the layer's path; empty without LoRA. */
  lora: Map<string, { a: tf.Variable; b: tf.Variable }>;
}

export function createStockModel(shape: Shape, trained: 'base' | 'lora' | 'nothing'): StockModel {
  const upload = (values: Float32Array, shape: number[]) => {
    const constant = tf.tensor(values, shape);
    if (trained !== 'base') return constant;
    const variable = tf.variable(constant);
    constant.dispose();
    return variable;
  };
  const base = new Map(
    weights
      .tensorsOf(shape)
      .map((named): [string, tf.Tensor] => [
        named.name,
        upload(weights.weightValues(named, shape.format), named.shape),
      ]),
  );
  const lora: StockModel['lora'] = new Map();
  for (let i = 0; trained === 'lora' && i < shape.layers; i++) {
    for (const { path, out, in: columns } of weights.linearsOf(shape)) {
      const layerPath = `model.layers.${i}.${path}`;
      const { a, b } = weights.loraValues(layerPath, out, columns);
      lora.set(layerPath, {
        a: tf.tidy(() => tf.variable(tf.tensor(a, [weights.LORA_RANK, columns]))),
        b: tf.tidy(() => tf.variable(tf.tensor(b, [out, weights.LORA_RANK]))),
      });
    }
  }
  return { shape, base, lora };
}

/** What one batch length needs again and again: mask and rotations. */
export interface Constants {
  /** [1, 1, T, T] */
  mask: tf.Tensor;
  /** [T, D] each */
  cos: tf.Tensor;
  sin: tf.Tensor;
}

export function createConstants({ headDim }: Shape, time: number): Constants {
  const half = headDim / 2;
  const angle = (t: number, d: number) => t * weights.ROPE_THETA ** (-(2 * (d % half)) / headDim);
  const table = (of: (x: number) => number) =>
    tf.tensor(
      Float32Array.from({ length: time * headDim }, (_, i) =>
        of(angle(Math.floor(i / headDim), i % headDim)),
      ),
      [time, headDim],
    );
  const mask = Float32Array.from({ length: time * time }, (_, i) =>
    i % time > Math.floor(i / time) ? -1e9 : 0,
  );
  return { mask: tf.tensor(mask, [1, 1, time, time]), cos: table(Math.cos), sin: table(Math.sin) };
}

/**
 * Mean NLL of every token but the first of each sequence.
 * @param ids int32 [B·T]
 * @param gatherGrows whether gather has a gradient on this backend; else one-hot times table
 */
export function stockLoss(
  model: StockModel,
  ids: Int32Array,
  batch: number,
  constants: Constants,
  gatherGrows: boolean,
): tf.Scalar {
  const { shape, base } = model;
  const time = ids.length / batch;
  const table = base.get('model.embed_tokens.weight') as tf.Tensor2D;
  const tokens = tf.tensor1d(ids, 'int32');
  let x: tf.Tensor = gatherGrows
    ? tf.gather(table, tokens)
    : tf.matMul(tf.cast(tf.oneHot(tokens, shape.vocabSize), 'float32'), table);
  for (let i = 0; i < shape.layers; i++) {
    const layer = `model.layers.${i}`;
    const attended = attention(
      model,
      layer,
      rmsNorm(x, base.get(`${layer}.input_layernorm.weight`)!),
      batch,
      constants,
    );
    x = tf.add(x, linear(model, `${layer}.self_attn.o_proj`, attended));
    const normed = rmsNorm(x, base.get(`${layer}.post_attention_layernorm.weight`)!);
    const gate = linear(model, `${layer}.mlp.gate_proj`, normed);
    const up = linear(model, `${layer}.mlp.up_proj`, normed);
    const hidden = tf.mul(tf.mul(gate, tf.sigmoid(gate)), up);
    x = tf.add(x, linear(model, `${layer}.mlp.down_proj`, hidden));
  }
  const normed = rmsNorm(x, base.get('model.norm.weight')!);
  const logits = tf.matMul(normed, table, false, true);
  const targets = ids.map((_, i) => (i % time === time - 1 ? 0 : ids[i + 1]!));
  const counted = Float32Array.from(ids, (_, i) => (i % time === time - 1 ? 0 : 1));
  const oneHot = tf.cast(tf.oneHot(tf.tensor1d(targets, 'int32'), shape.vocabSize), 'float32');
  const nll = tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), oneHot), -1));
  return tf.div(tf.sum(tf.mul(nll, tf.tensor1d(counted))), batch * (time - 1));
}

function rmsNorm(x: tf.Tensor, gamma: tf.Tensor): tf.Tensor {
  const meanSquare = tf.mean(tf.square(x), -1, true);
  return tf.mul(tf.mul(x, tf.rsqrt(tf.add(meanSquare, weights.NORM_EPSILON))), gamma);
}

function linear({ base, lora }: StockModel, path: string, x: tf.Tensor): tf.Tensor {
  const y = tf.matMul(x, base.get(`${path}.weight`) as tf.Tensor2D, false, true);
  const adapter = lora.get(path);
  if (!adapter) return y;
  const low = tf.matMul(x, adapter.a, false, true);
  const high = tf.matMul(low, adapter.b, false, true);
  return tf.add(y, tf.mul(high, weights.LORA_SCALE));
}

function attention(
  model: StockModel,
  layer: string,
  x: tf.Tensor,
  batch: number,
  { mask, cos, sin }: Constants,
): tf.Tensor {
  const { heads, kvHeads, headDim } = model.shape;
  const time = x.shape[0] / batch;
  const headsOf = (name: string, count: number) =>
    tf.transpose(
      tf.reshape(linear(model, `${layer}.self_attn.${name}`, x), [batch, time, count, headDim]),
      [0, 2, 1, 3],
    );
  const query = rotate(headsOf('q_proj', heads), cos, sin);
  const key = repeatHeads(rotate(headsOf('k_proj', kvHeads), cos, sin), heads / kvHeads);
  const value = repeatHeads(headsOf('v_proj', kvHeads), heads / kvHeads);
  const scores = tf.mul(tf.matMul(query, key, false, true), 1 / Math.sqrt(headDim));
  const mixed = tf.matMul(tf.softmax(tf.add(scores, mask)), value);
  return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch * time, heads * headDim]);
}

/** x [B, H, T, D] */
function rotate(x: tf.Tensor, cos: tf.Tensor, sin: tf.Tensor): tf.Tensor {
  const [first, second] = tf.split(x, 2, -1);
  return tf.add(tf.mul(x, cos), tf.mul(tf.concat([tf.neg(second!), first!], -1), sin));
}

/** Each key/value head for its group of query heads: [B, Hkv, T, D] → [B, H, T, D]. */
function repeatHeads(x: tf.Tensor, times: number): tf.Tensor {
  if (times === 1) return x;
  const [batch, heads, time, width] = x.shape as [number, number, number, number];
  const spread = tf.tile(tf.reshape(x, [batch, heads, 1, time, width]), [1, 1, times, 1, 1]);
  return tf.reshape(spread, [batch, heads * times, time, width]);
}
