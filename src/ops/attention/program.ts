/** Attention on WebGPU. Nothing is stored but logsumexp. */
import { emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import type { Kernel } from '../define-op.ts';
import { groupsFor, perValue } from '../wgsl-entry.ts';
import { defineProgram } from '../wgsl-program.ts';
import type { Attention } from './attention.ts';
import {
  attentionUniforms,
  callOf,
  headLayout,
  headRow,
  keyLoop,
  queryIndices,
  shown,
  type BakedAttention,
} from './wgsl-heads.ts';

const runForward = defineProgram<BakedAttention>('attention', shown, (baked) => {
  const layout = headLayout(baked);
  const k = headRow(baked.shared, layout, 'k', 'qkv', 'key');
  const v = headRow(baked.shared, layout, 'v', 'qkv', 'value');
  const { each, dot, zero, row } = layout;
  return {
    outputs: { out: layout.vectorType, logSumExp: 'f32' },
    inputs: { qkv: layout.vectorType },
    uniforms: attentionUniforms,
    // The softmax of the keys seen so far, rescaled whenever a larger score turns up.
    code: perValue(`${queryIndices(baked, layout)}
${each((i) => `  let q${i} = qkv[query + ${i}] * uniforms.scale; var o${i} = ${zero};`)}
  var largest = -1e30;
  var total = 0.0;
  ${keyLoop(
    baked,
    (skip) => `    let key = keys + s * ${row};
    let value = values + s * ${row};
    ${k.ahead}
    ${v.ahead}
    ${skip}
    let score = ${dot((i) => `q${i}`, k.vector)};
    let larger = max(largest, score);
    let shrink = exp(largest - larger);
    let share = exp(score - larger);
    largest = larger;
    total = total * shrink + share;
${each((i) => `    o${i} = o${i} * shrink + share * ${v.vector(i)};`)}`,
  )}
${each((i) => `  out[outAt + ${i}] = o${i} / total;`)}
  logSumExp[row * ${baked.heads} + head] = largest + log(total);`),
  };
});

export const attention: Kernel<Attention> = (inputs, attributes) => {
  const { baked, uniforms: values, rows, heads, headDim } = callOf(attributes);
  const out = emptyTensor([rows, heads * headDim]);
  const logSumExp = emptyTensor([rows, heads]);
  const count = rows * heads;
  runForward(baked, {
    outputs: { out, logSumExp },
    inputs,
    uniforms: { ...values, count },
    groups: groupsFor(count),
  });
  return { out, logSumExp };
};
