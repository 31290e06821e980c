/**
 * Attention with a cache on WebGPU: one program writes the new keys and values in place, then a
 * group for each query and head attends: its invocations score one key each, then own one column
 * each of the output.
 */
import { headLayout } from '../attention/wgsl-heads.ts';
import { emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import type { Kernel } from '../define-op.ts';
import {
  GROUP,
  groupsFor,
  perRow,
  perValue,
  reduction,
  spread,
  sumReduction,
} from '../wgsl-entry.ts';
import { defineProgram, type Variants } from '../wgsl-program.ts';
import type { CachedAttention } from './cached-attention.ts';

const runWrite = defineProgram('cached attention write', () => ({
  outputs: { cache: 'f32' },
  inputs: { qkv: 'f32', lengths: 'i32' },
  uniforms: {
    count: 'i32',
    time: 'i32',
    capacity: 'i32',
    width: 'i32',
    cached: 'i32',
  },
  code: perValue(`let row = index / uniforms.cached;
  let column = index % uniforms.cached;
  let sequence = row / uniforms.time;
  let position = lengths[sequence] + row % uniforms.time;
  if (position < uniforms.capacity) {
    cache[(sequence * uniforms.capacity + position) * uniforms.cached + column] =
      qkv[row * uniforms.width + uniforms.width - uniforms.cached + column];
  }`),
}));

interface BakedRead extends Record<string, number> {
  heads: number;
  kvHeads: number;
  headDim: number;
  window: number;
}

const readVariants: Variants<BakedRead> = {
  vectors: { heads: 4, kvHeads: 2, headDim: 8, window: 0 },
  'scalars-window': { heads: 3, kvHeads: 3, headDim: 3, window: 5 },
};

const runRead = defineProgram<BakedRead>('cached attention read', readVariants, (baked) => {
  const { heads, kvHeads, headDim, window } = baked;
  const layout = headLayout(baked);
  const cached = 2 * kvHeads * layout.vectors;
  const lanes = headDim / layout.vectors;
  // Vectors of the output that one invocation owns.
  const perLane = Math.ceil(layout.vectors / GROUP);
  const eachVector = (text: (i: number, vector: string) => string) =>
    Array.from({ length: perLane }, (_, i) => text(i, `lane + ${i * GROUP}`)).join('\n');
  return {
    outputs: { out: layout.vectorType },
    inputs: { qkv: layout.vectorType, cache: layout.vectorType, lengths: 'i32' },
    uniforms: { rows: 'i32', time: 'i32', capacity: 'i32', scale: 'f32' },
    code: `${sumReduction('sumOf')}
${reduction('largestOf', 'f32', (a, b) => `max(${a}, ${b})`)}
var<workgroup> shares : array<f32, ${GROUP}>;
${perRow(`let head = row % ${heads};
  let query = row / ${heads};
  let sequence = query / uniforms.time;
  let position = lengths[sequence] + query % uniforms.time;
  let from_query = query * ${(heads + 2 * kvHeads) * layout.vectors} + head * ${layout.vectors};
  let keys = sequence * uniforms.capacity * ${cached} + (head * ${kvHeads} / ${heads}) * ${layout.vectors};
  let values = keys + ${kvHeads * layout.vectors};
  // Past the capacity nothing was written, so nothing is read.
  let last = select(position, -1, position >= uniforms.capacity);
  let first = ${window > 0 ? `max(0, position - ${window - 1})` : '0'};
  var largest = -1e30;
  var total = 0.0;
${eachVector((i) => `  var o${i} = ${layout.zero};`)}
  for (var chunk = 0; chunk * ${GROUP} <= last - first; chunk++) {
    let s = first + chunk * ${GROUP} + lane;
    var score = -1e30;
    if (s <= last) {
      var sum = 0.0;
      for (var i = 0; i < ${layout.vectors}; i++) {
        sum += ${lanes === 4 ? `dot(qkv[from_query + i], cache[keys + s * ${cached} + i])` : `qkv[from_query + i] * cache[keys + s * ${cached} + i]`};
      }
      score = sum * uniforms.scale;
    }
    let larger = max(largest, largestOf(score, lane));
    let shrink = exp(largest - larger);
    let share = select(0.0, exp(score - larger), s <= last);
    largest = larger;
    shares[lane] = share;
    total = total * shrink + sumOf(share, lane);
${eachVector((i) => `    o${i} *= shrink;`)}
    let here = min(${GROUP}, last + 1 - first - chunk * ${GROUP});
    for (var i = 0; i < here; i++) {
      let value = values + (first + chunk * ${GROUP} + i) * ${cached};
${eachVector((i, vector) => `      if (${vector} < ${layout.vectors}) { o${i} += shares[i] * cache[value + ${vector}]; }`)}
    }
    workgroupBarrier();
  }
${eachVector((i, vector) => `  if (${vector} < ${layout.vectors}) { out[row * ${layout.vectors} + ${vector}] = o${i} / max(total, 1e-30); }`)}`)}`,
  };
});

export const cachedAttention: Kernel<CachedAttention> = (inputs, attributes) => {
  const { batch, time, capacity, heads, kvHeads, headDim, window, scale } = attributes;
  const { qkv, cache, lengths } = inputs;
  const cached = 2 * kvHeads * headDim;
  const count = batch * time * cached;
  runWrite(
    {},
    {
      outputs: { cache },
      inputs: { qkv, lengths },
      uniforms: { count, time, capacity, cached, width: heads * headDim + cached },
      groups: groupsFor(count),
    },
  );
  const out = emptyTensor([batch * time, heads * headDim]);
  const rows = batch * time * heads;
  runRead(
    { heads, kvHeads, headDim, window },
    {
      outputs: { out },
      inputs,
      uniforms: { rows, time, capacity, scale },
      groups: spread(rows),
    },
  );
  return { out };
};
