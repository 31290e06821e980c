/**
 * Attention and its gradient on WebGPU. One invocation owns one query (forward, dq) or one key (dk,
 * dv) of one head and keeps its vectors in registers; neighbors in a group walk the same keys at the
 * same time. Nothing is stored but logsumexp, and no two invocations write the same value.
 */
import { matmulVariant, SUBGROUP } from '../../engine/webgpu/kernel-variants.ts';
import { disposeTensor, emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import type { Kernel } from '../define-op.ts';
import { groupsFor, perValue } from '../wgsl-entry.ts';
import { defineProgram } from '../wgsl-program.ts';
import type { Attention, AttentionAttributes, AttentionBackward } from './attention.ts';

interface BakedAttention extends Record<string, string | number | boolean> {
  heads: number;
  kvHeads: number;
  headDim: number;
  window: number;
  /** Whether four neighbors, all of one head, read for each other. */
  shared: boolean;
}

interface BakedKeys extends BakedAttention {
  /** Which gradients one invocation sums; both together need twice the registers. */
  gradients: 'both' | 'key' | 'value';
}

/** Widest head whose four vectors (k, v, dk, dv) are kept by one invocation. */
const WIDEST_TOGETHER = 32;

/** Sizes in vectors of the widest kind that divides the head. */
export function headLayout({
  heads,
  kvHeads,
  headDim,
}: Pick<BakedAttention, 'heads' | 'kvHeads' | 'headDim'>) {
  const lanes = headDim % 4 === 0 ? 4 : 1;
  const vectors = headDim / lanes;
  const vectorType = lanes === 4 ? 'vec4<f32>' : 'f32';
  return {
    vectors,
    vectorType,
    zero: lanes === 4 ? 'vec4(0.0)' : '0.0',
    /** Vectors in a row q|k|v. */
    row: (heads + 2 * kvHeads) * vectors,
    each: (text: (i: number) => string) =>
      Array.from({ length: vectors }, (_, i) => text(i)).join('\n'),
    /** Σ of products, term by term. */
    dot: (left: (i: number) => string, right: (i: number) => string) =>
      Array.from({ length: vectors }, (_, i) =>
        lanes === 4 ? `dot(${left(i)}, ${right(i)})` : `${left(i)} * ${right(i)}`,
      ).join('\n      + '),
  };
}

/** Index → batch row, head and query; neighbors share everything but the query. */
const queryIndices = ({ heads, kvHeads, window }: BakedAttention, layout: HeadLayout) => `
  let t = index % uniforms.time;
  let head = (index / uniforms.time) % ${heads};
  let first_row = (index / (uniforms.time * ${heads})) * uniforms.time;
  let row = first_row + t;
  let query = row * ${layout.row} + head * ${layout.vectors};
  let keys = first_row * ${layout.row} + (${heads} + head * ${kvHeads} / ${heads}) * ${layout.vectors};
  let values = keys + ${kvHeads * layout.vectors};
  let own = (row * ${heads} + head) * ${layout.vectors};
  let first = ${window > 0 ? `max(0, t - ${window - 1})` : '0'};`;

type HeadLayout = ReturnType<typeof headLayout>;

/**
 * The vectors of one head in a row that all neighbors walk by: WGSL that reads them ahead, if they
 * are read together, and the i-th of them.
 */
function headRow(
  shared: boolean,
  { vectors }: HeadLayout,
  name: string,
  array: string,
  at: string,
) {
  if (!shared) return { ahead: '', vector: (i: number) => `${array}[${at} + ${i}]` };
  const own = vectors / SUBGROUP;
  const parts = Array.from(
    { length: own },
    (_, i) => `let ${name}Own${i} = ${array}[${at} + (index & 3) * ${own} + ${i}];`,
  );
  const all = Array.from(
    { length: vectors },
    (_, i) => `let ${name}${i} = subgroupBroadcast(${name}Own${i % own}, ${Math.floor(i / own)}u);`,
  );
  return { ahead: [...parts, ...all].join('\n'), vector: (i: number) => `${name}${i}` };
}

/** Keys from the first that any of the neighbors sees to the last: to be skipped by who does not. */
const keyLoop = ({ shared, window }: BakedAttention, body: (skip: string) => string) =>
  shared
    ? `let base = t & ~3;
  for (var s = ${window > 0 ? `max(0, base - ${window - 1})` : '0'}; s <= base + 3; s++) {
${body('if (s < first || s > t) { continue; }')}
  }`
    : `for (var s = first; s <= t; s++) {
${body('')}
  }`;

const uniforms = { count: 'i32', time: 'i32', scale: 'f32' } as const;

const shown = {
  vectors: { heads: 4, kvHeads: 2, headDim: 8, window: 0, shared: false },
  'scalars-window': { heads: 3, kvHeads: 3, headDim: 3, window: 5, shared: false },
  'shared-window': { heads: 4, kvHeads: 2, headDim: 16, window: 5, shared: true },
};

const runForward = defineProgram<BakedAttention>(
  'attention',
  (baked) => {
    const layout = headLayout(baked);
    const k = headRow(baked.shared, layout, 'k', 'qkv', 'key');
    const v = headRow(baked.shared, layout, 'v', 'qkv', 'value');
    const { each, dot, zero, row } = layout;
    return {
      outputs: { out: layout.vectorType, logSumExp: 'f32' },
      inputs: { qkv: layout.vectorType },
      uniforms,
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
${each((i) => `  out[own + ${i}] = o${i} / total;`)}
  logSumExp[row * ${baked.heads} + head] = largest + log(total);`),
    };
  },
  shown,
);

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

const runQueryGradient = defineProgram<BakedAttention>(
  'attention dq',
  (baked) => {
    const layout = headLayout(baked);
    const k = headRow(baked.shared, layout, 'k', 'qkv', 'key');
    const v = headRow(baked.shared, layout, 'v', 'qkv', 'value');
    const { each, dot, zero, row, vectorType } = layout;
    return {
      outputs: { dqkv: vectorType, deltas: 'f32' },
      inputs: { qkv: vectorType, out: vectorType, logSumExp: 'f32', dy: vectorType },
      uniforms,
      code: perValue(`${queryIndices(baked, layout)}
${each((i) => `  let q${i} = qkv[query + ${i}] * uniforms.scale; var dq${i} = ${zero};`)}
${each((i) => `  let g${i} = dy[own + ${i}];`)}
  let lse = logSumExp[row * ${baked.heads} + head];
  let delta = ${dot(
    (i) => `g${i}`,
    (i) => `out[own + ${i}]`,
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
  },
  shown,
);

const runKeyGradient = defineProgram<BakedKeys>(
  'attention dk dv',
  (baked) => {
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
      uniforms,
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
  },
  {
    vectors: { ...shown.vectors, gradients: 'both' },
    'scalars-window-key': { ...shown['scalars-window'], gradients: 'key' },
    'shared-window-value': { ...shown['shared-window'], gradients: 'value' },
  },
);

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

function callOf(attributes: AttentionAttributes) {
  const { heads, kvHeads, headDim, window, batch, time, scale } = attributes;
  const shared =
    matmulVariant() === 'subgroup' && time % SUBGROUP === 0 && headDim % (4 * SUBGROUP) === 0;
  return {
    baked: { heads, kvHeads, headDim, window, shared },
    uniforms: { time, scale },
    rows: batch * time,
    heads,
    kvHeads,
    headDim,
  };
}
