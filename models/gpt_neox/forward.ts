/** GPT-NeoX, top to bottom: LayerNorm, partly rotated heads, parallel or sequential residual. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { embedding } from '../../src/ops/embedding/embedding.ts';
import { gelu } from '../../src/ops/gelu/gelu.ts';
import { layerNorm } from '../../src/ops/layer-norm/layer-norm.ts';
import { rope } from '../../src/ops/rope/rope.ts';
import type { ModelParts } from '../assemble.ts';
import type { ForwardContext } from '../language-model.ts';
import { rotaryDimension } from '../rope-table.ts';
import type { GptNeoxConfig } from './config.ts';

/** → final hidden states [B·T, C]. */
export function gptNeoxHidden(
  config: GptNeoxConfig,
  parts: ModelParts,
  context: ForwardContext,
): Tensor {
  const { layers, heads, width, epsilon, activation, parallelResidual } = config;
  const headDim = width / heads;
  const rotary = { heads: 2 * heads, headDim, rotaryDim: rotaryDimension(config.rope, headDim) };
  const attention = { heads, kvHeads: heads, headDim, scale: 1 / Math.sqrt(headDim), window: 0 };
  const norm = (x: Tensor, name: string) =>
    layerNorm(x, parts.vector(name), parts.vector(`${name}.beta`), epsilon);

  let x = embedding(parts.matrix('embedding'), context.ids); // [N, C]
  for (let i = 0; i < layers; i++) {
    x = context.block(i, x, (input) => {
      const qkv = context.linear(parts.linear(`${i}.qkv`), norm(input, `${i}.attentionNorm`));
      const turned = rope(qkv, parts.ropeTable(), context.positions, rotary);
      const mixed = context.attend(i, turned, attention); // [N, C]
      const middle = context.linear(parts.linear(`${i}.output`), mixed, input);
      const read = norm(parallelResidual ? input : middle, `${i}.mlpNorm`);
      const up = context.linear(parts.linear(`${i}.up`), read); // [N, F]
      return context.linear(parts.linear(`${i}.down`), gelu(up, activation), middle);
    });
  }
  return norm(x, 'norm');
}
