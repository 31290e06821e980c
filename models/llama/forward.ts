/** The Llama family, top to bottom: RMSNorm, rotary positions, grouped heads, SwiGLU. */
import { concat, reshape, slice, type Tensor } from '@tensorflow/tfjs-core';
import { embedding } from '../../src/ops/embedding/embedding.ts';
import { rmsNorm, rmsNormOf } from '../../src/ops/rms-norm/rms-norm.ts';
import { rope } from '../../src/ops/rope/rope.ts';
import { swiGluOf } from '../../src/ops/swiglu/swiglu.ts';
import type { ModelParts } from '../assemble.ts';
import type { ForwardContext } from '../language-model.ts';
import { rotaryDimension } from '../rope-table.ts';
import type { LlamaConfig } from './config.ts';

/** → final hidden states [B·T, C]. */
export function llamaHidden(
  config: LlamaConfig,
  parts: ModelParts,
  context: ForwardContext,
): Tensor {
  const { layers, heads, kvHeads, headDim, epsilon } = config;
  const rotary = {
    heads: heads + kvHeads,
    headDim,
    rotaryDim: rotaryDimension(config.rope, headDim),
  };

  let x = embedding(parts.matrix('embedding'), context.ids); // [N, C]
  for (let i = 0; i < layers; i++) {
    x = context.block(i, x, (input) => {
      const normed = rmsNormOf(input, parts.vector(`${i}.attentionNorm`), epsilon);
      let qkv = context.linear(parts.linear(`${i}.qkv`), normed); // [N, (H + 2·Hkv)·D]
      if (config.headNorm) qkv = normHeads(qkv, config, parts, i);
      qkv = rope(qkv, parts.ropeTable(), context.positions, rotary);
      const window = config.windows[i]!;
      const shape = { heads, kvHeads, headDim, scale: 1 / Math.sqrt(headDim), window };
      const mixed = context.attend(i, qkv, shape); // [N, H·D]
      const middle = context.linear(parts.linear(`${i}.output`), mixed, input); // [N, C]

      const normedMiddle = rmsNormOf(middle, parts.vector(`${i}.mlpNorm`), epsilon);
      const gateUp = context.linear(parts.linear(`${i}.gateUp`), normedMiddle); // [N, 2F]
      return context.linear(parts.linear(`${i}.down`), swiGluOf(gateUp), middle);
    });
  }
  return rmsNorm(x, parts.vector('norm'), epsilon);
}

/** Qwen3: an RMSNorm over the width of each query and each key head. */
function normHeads(qkv: Tensor, config: LlamaConfig, parts: ModelParts, layer: number): Tensor {
  const { heads, kvHeads, headDim, epsilon } = config;
  const rows = qkv.shape[0];
  const normed = (firstHead: number, count: number, gamma: Tensor) => {
    const projection = slice(qkv, [0, firstHead * headDim], [rows, count * headDim]);
    const flat = rmsNorm(reshape(projection, [rows * count, headDim]), gamma, epsilon);
    return reshape(flat, [rows, count * headDim]);
  };
  const values = slice(qkv, [0, (heads + kvHeads) * headDim], [rows, kvHeads * headDim]);
  return concat(
    [
      normed(0, heads, parts.vector(`${layer}.queryNorm`)),
      normed(heads, kvHeads, parts.vector(`${layer}.keyNorm`)),
      values,
    ],
    1,
  );
}
