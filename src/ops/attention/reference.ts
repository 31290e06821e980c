/** Attention and its gradient from stock tfjs ops, with every probability in memory. */
import {
  add,
  concat,
  exp,
  logSumExp as logSumExpOf,
  matMul,
  mul,
  reshape,
  slice,
  sub,
  sum,
  tensor,
  type Tensor,
} from '@tensorflow/tfjs-core';
import type { Reference } from '../define-op.ts';
import type { Attention, AttentionAttributes, AttentionBackward } from './attention.ts';

/** Finite, so that no backend meets infinity minus infinity. */
const MASKED = -1e30;

export const attention: Reference<Attention> = ({ qkv }, shape) => {
  const outs: Tensor[] = [];
  const sums: Tensor[] = [];
  for (let head = 0; head < shape.heads; head++) {
    const { query, key, value } = headOf(qkv, head, shape);
    const scores = maskedScores(query, key, shape);
    const lse = logSumExpOf(scores, -1, true);
    outs.push(reshape(matMul(exp(sub(scores, lse)), value), [-1, shape.headDim]));
    sums.push(reshape(lse, [-1, 1]));
  }
  return { out: concat(outs, 1), logSumExp: concat(sums, 1) };
};

export const attentionBackward: Reference<AttentionBackward> = (inputs, shape) => {
  const { qkv, out, logSumExp, dy } = inputs;
  const { heads, kvHeads, headDim, batch, time, scale } = shape;
  const columns = (x: Tensor, start: number, width: number) =>
    reshape(slice(x, [0, start], [batch * time, width]), [batch, time, width]);
  const dQueries: Tensor[] = [];
  // By key/value head, which several query heads may share; they come in its order.
  const dKeys: Tensor[] = [];
  const dValues: Tensor[] = [];
  for (let head = 0; head < heads; head++) {
    const { query, key, value } = headOf(qkv, head, shape);
    const dOut = columns(dy, head * headDim, headDim);
    const delta = sum(mul(dOut, columns(out, head * headDim, headDim)), -1, true);
    const lse = columns(logSumExp, head, 1);
    const probabilities = exp(sub(maskedScores(query, key, shape), lse));
    const dScores = mul(probabilities, sub(matMul(dOut, value, false, true), delta));
    dQueries.push(flat(mul(matMul(dScores, key), scale), headDim));
    const kvHead = Math.floor((head * kvHeads) / heads);
    const dKey = flat(mul(matMul(dScores, query, true, false), scale), headDim);
    const dValue = flat(matMul(probabilities, dOut, true, false), headDim);
    dKeys[kvHead] = plus(dKeys[kvHead], dKey);
    dValues[kvHead] = plus(dValues[kvHead], dValue);
  }
  return { dqkv: concat([...dQueries, ...dKeys, ...dValues], 1) };
};

function plus(soFar: Tensor | undefined, more: Tensor): Tensor {
  return soFar ? add(soFar, more) : more;
}

/** q, k and v of one query head, each [B, T, D]. */
function headOf(qkv: Tensor, head: number, shape: AttentionAttributes) {
  const { heads, kvHeads, headDim, batch, time } = shape;
  const kvHead = Math.floor((head * kvHeads) / heads);
  const columns = (index: number) =>
    reshape(slice(qkv, [0, index * headDim], [batch * time, headDim]), [batch, time, headDim]);
  return {
    query: columns(head),
    key: columns(heads + kvHead),
    value: columns(heads + kvHeads + kvHead),
  };
}

/** scale·q·kᵀ [B, T, T] with what a query may not see far below everything else. */
function maskedScores(query: Tensor, key: Tensor, shape: AttentionAttributes): Tensor {
  const { time, window, scale } = shape;
  const mask = new Float32Array(time * time);
  for (let t = 0; t < time; t++) {
    for (let s = 0; s < time; s++) {
      if (s > t || (window > 0 && s <= t - window)) mask[t * time + s] = MASKED;
    }
  }
  return add(mul(matMul(query, key, false, true), scale), tensor(mask, [1, time, time]));
}

function flat(x: Tensor, width: number): Tensor {
  return reshape(x, [-1, width]);
}
