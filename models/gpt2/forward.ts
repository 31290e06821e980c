/** GPT-2, top to bottom: learned positions, LayerNorm before each half, GELU. */
import { add, type Tensor } from '@tensorflow/tfjs-core';
import { embedding } from '../../src/ops/embedding/embedding.ts';
import { gelu } from '../../src/ops/gelu/gelu.ts';
import { layerNorm } from '../../src/ops/layer-norm/layer-norm.ts';
import type { ModelParts } from '../assemble.ts';
import type { ForwardContext } from '../language-model.ts';
import type { Gpt2Config } from './config.ts';

/** → final hidden states [B·T, C]. */
export function gpt2Hidden(config: Gpt2Config, parts: ModelParts, context: ForwardContext): Tensor {
  const { layers, heads, width, epsilon, activation } = config;
  const headDim = width / heads;
  const norm = (x: Tensor, name: string) =>
    layerNorm(x, parts.vector(name), parts.vector(`${name}.beta`), epsilon);

  let x = add(
    embedding(parts.matrix('embedding'), context.ids),
    embedding(parts.matrix('positions'), context.positions),
  ); // [N, C]
  for (let i = 0; i < layers; i++) {
    const scale = (config.scaled ? 1 / Math.sqrt(headDim) : 1) / (config.scaledByLayer ? i + 1 : 1);
    const attention = { heads, kvHeads: heads, headDim, scale, window: 0 };
    x = context.block(i, x, (input) => {
      const qkv = context.linear(parts.linear(`${i}.qkv`), norm(input, `${i}.attentionNorm`));
      const mixed = context.attend(i, qkv, attention); // [N, C]
      const middle = context.linear(parts.linear(`${i}.output`), mixed, input);
      const up = context.linear(parts.linear(`${i}.up`), norm(middle, `${i}.mlpNorm`)); // [N, F]
      return context.linear(parts.linear(`${i}.down`), gelu(up, activation), middle);
    });
  }
  return norm(x, 'norm');
}
