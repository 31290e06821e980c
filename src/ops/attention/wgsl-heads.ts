/**
 * What the attention programs share. One invocation has one query (forward, dq) or one key (dk, dv) of
 * one head and keeps its vectors in registers; neighbors in a group walk the same keys at the same time.
 */
import { matmulVariant, SUBGROUP } from '../../engine/webgpu/kernel-variants.ts';
import type { AttentionAttributes } from './attention.ts';

export interface BakedAttention extends Record<string, string | number | boolean> {
  heads: number;
  kvHeads: number;
  headDim: number;
  window: number;
  /** Whether four neighbors, all of one head, read for each other. */
  shared: boolean;
}

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
export const queryIndices = ({ heads, kvHeads, window }: BakedAttention, layout: HeadLayout) => `
  let t = index % uniforms.time;
  let head = (index / uniforms.time) % ${heads};
  let first_row = (index / (uniforms.time * ${heads})) * uniforms.time;
  let row = first_row + t;
  let query = row * ${layout.row} + head * ${layout.vectors};
  let keys = first_row * ${layout.row} + (${heads} + head * ${kvHeads} / ${heads}) * ${layout.vectors};
  let values = keys + ${kvHeads * layout.vectors};
  let outAt = (row * ${heads} + head) * ${layout.vectors};
  let first = ${window > 0 ? `max(0, t - ${window - 1})` : '0'};`;

type HeadLayout = ReturnType<typeof headLayout>;

/**
 * The vectors of one head in a row that all neighbors walk by: WGSL that reads them ahead, if they
 * are read together, and the i-th of them.
 */
export function headRow(
  shared: boolean,
  { vectors }: HeadLayout,
  name: string,
  array: string,
  at: string,
) {
  if (!shared) return { ahead: '', vector: (i: number) => `${array}[${at} + ${i}]` };
  const quarter = vectors / SUBGROUP;
  const parts = Array.from(
    { length: quarter },
    (_, i) => `let ${name}Quarter${i} = ${array}[${at} + (index & 3) * ${quarter} + ${i}];`,
  );
  const all = Array.from(
    { length: vectors },
    (_, i) =>
      `let ${name}${i} = subgroupBroadcast(${name}Quarter${i % quarter}, ${Math.floor(i / quarter)}u);`,
  );
  return { ahead: [...parts, ...all].join('\n'), vector: (i: number) => `${name}${i}` };
}

/** Keys from the first that any of the neighbors sees to the last: to be skipped by who does not. */
export const keyLoop = ({ shared, window }: BakedAttention, body: (skip: string) => string) =>
  shared
    ? `let base = t & ~3;
  for (var s = ${window > 0 ? `max(0, base - ${window - 1})` : '0'}; s <= base + 3; s++) {
${body('if (s < first || s > t) { continue; }')}
  }`
    : `for (var s = first; s <= t; s++) {
${body('')}
  }`;

export const attentionUniforms = { count: 'i32', time: 'i32', scale: 'f32' } as const;

export const shown: Record<'vectors' | 'scalars-window' | 'shared-window', BakedAttention> = {
  vectors: { heads: 4, kvHeads: 2, headDim: 8, window: 0, shared: false },
  'scalars-window': { heads: 3, kvHeads: 3, headDim: 3, window: 5, shared: false },
  'shared-window': { heads: 4, kvHeads: 2, headDim: 16, window: 5, shared: true },
};

/** What is baked in, what is told in uniforms, and sizes. */
export function callOf(attributes: AttentionAttributes) {
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
