/**
 * Linear with LoRA on WebGPU. The low-rank update is a few more terms of the same sum, so the result is
 * written once.
 */
import { emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import type { Kernel } from '../define-op.ts';
import { lengthOf, matrixShape } from '../shape.ts';
import { partNames, type WeightFormat } from '../weight.ts';
import { matmulGroups, matmulText, planMatmul, type MatmulPlan } from '../wgsl-matmul.ts';
import { elementType, matrixReader, matrixWriter } from '../wgsl-matrix.ts';
import { defineProgram, type Variants } from '../wgsl-program.ts';
import type { Linear } from './linear.ts';
import { matrixProduct } from './product-program.ts';
import { slotTypes, slotUniforms } from './slots.ts';

interface BakedLinear extends Record<string, string | number | boolean> {
  plan: MatmulPlan;
  format: WeightFormat;
  parts: number;
  alignedIn: boolean;
  alignedOut: boolean;
  bias: boolean;
  residual: boolean;
  adapter: boolean;
  alignedRank: boolean;
}

/** What the variants shown have in common. */
const bare = {
  format: 'f32',
  parts: 1,
  alignedIn: true,
  alignedOut: true,
  bias: false,
  residual: false,
  adapter: false,
  alignedRank: true,
} as const;

const adapted = { ...bare, bias: true, residual: true, adapter: true } as const;
const unaligned = {
  ...adapted,
  parts: 2,
  alignedIn: false,
  alignedOut: false,
  alignedRank: false,
} as const;

const linearVariants: Variants<BakedLinear> = {
  tile64: { ...bare, plan: 'tile64' },
  'tile32-int8': { ...bare, plan: 'tile32', format: 'int8' },
  'split-bf16': { ...bare, plan: 'split', format: 'bf16' },
  'register-f16': { ...bare, plan: 'register', format: 'f16' },
  'register-adapter': { ...adapted, plan: 'register' },
  'register-unaligned': { ...unaligned, plan: 'register' },
  'subgroup-adapter': { ...adapted, plan: 'subgroup' },
};

const runLinear = defineProgram<BakedLinear>('linear', linearVariants, (baked) => {
  const { plan, format, alignedIn, alignedOut, bias, residual, alignedRank } = baked;
  const buffers = partNames(baked.parts);
  const vector = elementType('f32', alignedOut);
  const columns = { width: 'uniforms.columns', limit: 'uniforms.columns' };
  const hidden = { width: 'uniforms.hiddenWidth', limit: 'uniforms.hiddenWidth' };
  const beside = (name: string, at: string) =>
    alignedOut
      ? `value += ${name}[(${at}) / 4];`
      : `for (var q = 0; q < 4; q++) {
    if (column + q < uniforms.rows) { value[q] += ${name}[${at} + q]; }
  }`;
  const update = `${matrixReader({ name: 'hiddenRow', buffers: ['hidden'], format: 'f32', aligned: alignedRank, ...hidden })}
fn extraLeft(z : i32, row : i32, k : i32) -> vec4<f32> { return hiddenRow(row, k); }
fn update(row : i32, k : i32) -> i32 {
  let slot = uniforms.slots[k / uniforms.rank];
  let inside = row >= slot.x && row < slot.y;
  return select(-1, (slot.z + row - slot.x) * uniforms.rank + k % uniforms.rank, inside);
}
fn extraRight(z : i32, row : i32, k : i32) -> vec4<f32> {
  ${
    alignedRank
      ? `let at = update(row, k);
  return select(vec4(0.0), uniforms.scale * b[max(at, 0) / 4], at >= 0);`
      : `var value = vec4(0.0);
  for (var q = 0; q < 4; q++) {
    let at = update(row, k + q);
    if (k + q < uniforms.hiddenWidth && at >= 0) { value[q] = uniforms.scale * b[at]; }
  }
  return value;`
  }
}`;
  return {
    outputs: { y: vector },
    inputs: {
      x: elementType('f32', alignedIn),
      ...Object.fromEntries(buffers.map((name) => [name, elementType(format, alignedIn)])),
      ...(bias && { bias: vector }),
      ...(residual && { residual: vector }),
      ...(baked.adapter && {
        hidden: elementType('f32', alignedRank),
        b: elementType('f32', alignedRank),
      }),
    },
    uniforms: {
      ...(baked.adapter && slotTypes),
      count: 'i32',
      rows: 'i32',
      columns: 'i32',
      partRows: 'i32',
      rank: 'i32',
      hiddenWidth: 'i32',
      scale: 'f32',
    },
    code: `${matrixReader({ name: 'xRow', buffers: ['x'], format: 'f32', aligned: alignedIn, ...columns })}
${matrixReader({ name: 'weightRow', buffers, format, aligned: alignedIn, partRows: 'uniforms.partRows', ...columns })}
fn leftTerm(z : i32, row : i32, k : i32) -> vec4<f32> { return xRow(row, k); }
fn rightTerm(z : i32, row : i32, k : i32) -> vec4<f32> { return weightRow(row, k); }
${baked.adapter ? update : ''}
${matrixWriter('y', alignedOut, 'uniforms.rows', `${bias ? beside('bias', 'column') : ''} ${residual ? beside('residual', 'at') : ''}`)}
${matmulText({
  form: 'NT',
  plan,
  rows: 'uniforms.count',
  columns: 'uniforms.rows',
  terms: { left: 'leftTerm', right: 'rightTerm', depth: 'uniforms.columns' },
  extra: baked.adapter
    ? { left: 'extraLeft', right: 'extraRight', depth: 'uniforms.hiddenWidth' }
    : undefined,
})}`,
  };
});

export const linear: Kernel<Linear> = (inputs, attributes) => {
  const { format, rows, columns, partRows, rank, scale, slots } = attributes;
  const { x, w, bias, residual, a, loraInput } = inputs;
  const count = lengthOf(x);
  const hidden = a && matrixProduct('NT', loraInput ?? x, a);
  const y = emptyTensor([count, rows]);
  const plan = planMatmul(count, rows);
  runLinear(
    {
      plan,
      format,
      parts: w.length,
      alignedIn: columns % 4 === 0,
      alignedOut: rows % 4 === 0,
      bias: bias !== undefined,
      residual: residual !== undefined,
      adapter: a !== undefined,
      alignedRank: rank % 4 === 0,
    },
    {
      outputs: { y },
      inputs: { ...inputs, hidden },
      uniforms: {
        ...(a && slotUniforms(slots)),
        count,
        rows,
        columns,
        partRows,
        rank: Math.max(1, rank),
        hiddenWidth: hidden ? matrixShape(hidden)[1] : 0,
        scale,
      },
      groups: matmulGroups(plan, count, rows),
    },
  );
  return { y, hidden };
};
