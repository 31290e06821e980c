/** The gradient of attention on WebGPU; no two invocations write the same value. */
import { disposeTensor, emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import type { Kernel } from '../define-op.ts';
import { groupsFor, perValue } from '../wgsl-entry.ts';
import { defineProgram, type Variants } from '../wgsl-program.ts';
import type { AttentionBackward } from './attention.ts';
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

interface BakedKeys extends BakedAttention {
  /** Which gradients one invocation sums; both together need twice the registers. */
  gradients: 'both' | 'key' | 'value';
}

/** Widest head whose four vectors (k, v, dk, dv) are kept by one invocation. */
const WIDEST_TOGETHER = 32;

const runQueryGradient = defineProgram<BakedAttention>('attention dq', shown, (baked) => {
  const layout = headLayout(baked);
  const k = headRow(baked.shared, layout, 'k', 'qkv', 'key');
  const v = headRow(baked.shared, layout, 'v', 'qkv', 'value');
  const { each, dot, zero, row, vectorType } = layout;
  return {
    outputs: { dqkv: vectorType, deltas: 'f32' },
    inputs: { qkv: vectorType, out: vectorType, logSumExp: 'f32', dy: vectorType },
    uniforms: attentionUniforms,
    code: perValue(`${queryIndices(baked, layout)}
${each((i) => `  let q${i} = qkv[query + ${i}] * uniforms.scale; var dq${i} = ${zero};`)}
${each((i) => `  let g${i} = dy[outAt + ${i}];`)}
  let lse = logSumExp[row * ${baked.heads} + head];
  let delta = ${dot(
    (i) => `g${i}`,
    (i) => `out[outAt + ${i}]`,
  )};
  deltas[row * ${baked.heads} + head] = delta;
  ${keyLoop(
    baked,
    (skip) => `    let key = keys + s * ${row};
    let value = values + s * ${row};
    ${k.ahead}
    ${v.ahead}
    ${skip}
    let score = ${dot((i) => `q${i}`, k.vector)};
    let slope = ${dot((i) => `g${i}`, v.vector)};
    let dScore = exp(score - lse) * (slope - delta);
${each((i) => `    dq${i} += dScore * ${k.vector(i)};`)}`,
  )}
${each((i) => `  dqkv[query + ${i}] = uniforms.scale * dq${i};`)}`),
  };
});

const keyGradientVariants: Variants<BakedKeys> = {
  vectors: { ...shown.vectors, gradients: 'both' },
  'scalars-window-key': { ...shown['scalars-window'], gradients: 'key' },
  'shared-window-value': { ...shown['shared-window'], gradients: 'value' },
};

const runKeyGradient = defineProgram<BakedKeys>('attention dk dv', keyGradientVariants, (baked) => {
  const { heads, kvHeads, window, gradients, shared } = baked;
  const layout = headLayout(baked);
  const { each, dot, zero, row, vectors, vectorType } = layout;
  const q = headRow(shared, layout, 'q', 'qkv', 'query');
  const g = headRow(shared, layout, 'g', 'dy', 'dyAt');
  const key = gradients !== 'value';
  const value = gradients !== 'key';
  const sharedEnd = window > 0 ? `min(uniforms.time, (s | 3) + ${window})` : 'uniforms.time';
  const perHead = `
  let s = index % uniforms.time;
  let kvHead = (index / uniforms.time) % ${kvHeads};
  let first_row = (index / (uniforms.time * ${kvHeads})) * uniforms.time;
  let keyAt = (first_row + s) * ${row} + (${heads} + kvHead) * ${vectors};
  let valueAt = keyAt + ${kvHeads * vectors};
  let end = ${window > 0 ? `min(uniforms.time, s + ${window})` : 'uniforms.time'};`;
  return {
    outputs: { dqkv: vectorType },
    inputs: { qkv: vectorType, logSumExp: 'f32', deltas: 'f32', dy: vectorType },
    uniforms: attentionUniforms,
    code: perValue(`${perHead}
${each((i) => `  let k${i} = qkv[keyAt + ${i}] * uniforms.scale;`)}
${key ? each((i) => `  let v${i} = qkv[valueAt + ${i}]; var dk${i} = ${zero};`) : ''}
${value ? each((i) => `  var dv${i} = ${zero};`) : ''}
  // The query heads h with ⌊h·Hkv/H⌋ equal to this head.
  for (var head = (kvHead * ${heads} + ${kvHeads - 1}) / ${kvHeads};
       head * ${kvHeads} / ${heads} == kvHead && head < ${heads}; head++) {
    // Neighbors that share begin at the first one's key and end at the last one's last query.
    for (var t = ${shared ? '(s & ~3)' : 's'}; t < ${shared ? sharedEnd : 'end'}; t++) {
      let query = (first_row + t) * ${row} + head * ${vectors};
      let pair = (first_row + t) * ${heads} + head;
      let dyAt = pair * ${vectors};
      ${q.ahead}
      ${g.ahead}
      ${shared ? 'if (t < s || t >= end) { continue; }' : ''}
      let score = ${dot((i) => `k${i}`, q.vector)};
      let probability = exp(score - logSumExp[pair]);
${value ? each((i) => `      dv${i} += probability * ${g.vector(i)};`) : ''}
${
  key
    ? `      let slope = ${dot((i) => `v${i}`, g.vector)};
      let dScore = probability * (slope - deltas[pair]);
${each((i) => `      dk${i} += dScore * ${q.vector(i)};`)}`
    : ''
}
    }
  }
${key ? each((i) => `  dqkv[keyAt + ${i}] = uniforms.scale * dk${i};`) : ''}
${value ? each((i) => `  dqkv[valueAt + ${i}] = dv${i};`) : ''}`),
  };
});

/** Two dispatches, three for wide heads. */
export const attentionBackward: Kernel<AttentionBackward> = (inputs, attributes) => {
  const { baked, uniforms: values, rows, heads, kvHeads, headDim } = callOf(attributes);
  const dqkv = emptyTensor(inputs.qkv.shape);
  const deltas = emptyTensor([rows, heads]);
  const queries = rows * heads;
  runQueryGradient(baked, {
    outputs: { dqkv, deltas },
    inputs,
    uniforms: { ...values, count: queries },
    groups: groupsFor(queries),
  });
  const keys = rows * kvHeads;
  for (const gradients of headDim > WIDEST_TOGETHER
    ? (['key', 'value'] as const)
    : (['both'] as const)) {
    runKeyGradient(
      { ...baked, gradients },
      {
        outputs: { dqkv },
        inputs: { ...inputs, deltas },
        uniforms: { ...values, count: keys },
        groups: groupsFor(keys),
      },
    );
  }
  disposeTensor(deltas);
  return { dqkv };
};
