/** The gradient of a linear's input on WebGPU, with the adapter's share as further terms of the sum. */
import { emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import type { Kernel } from '../define-op.ts';
import { lengthOf, matrixShape } from '../shape.ts';
import { partNames, type WeightFormat } from '../weight.ts';
import { matmulGroups, matmulText, planMatmul, type MatmulPlan } from '../wgsl-matmul.ts';
import { elementType, matrixReader, matrixWriter } from '../wgsl-matrix.ts';
import { defineProgram, type Variants } from '../wgsl-program.ts';
import type { LinearInputGradient } from './linear.ts';

interface BakedInputGradient extends Record<string, string | number | boolean> {
  plan: MatmulPlan;
  format: WeightFormat;
  parts: number;
  alignedIn: boolean;
  alignedOut: boolean;
  adapter: boolean;
  alignedHidden: boolean;
}

const bare = {
  format: 'f32',
  parts: 1,
  alignedIn: true,
  alignedOut: true,
  adapter: false,
  alignedHidden: true,
} as const;

const inputGradientVariants: Variants<BakedInputGradient> = {
  tile64: { ...bare, plan: 'tile64' },
  'tile32-int8': { ...bare, plan: 'tile32', format: 'int8' },
  'split-bf16': { ...bare, plan: 'split', format: 'bf16' },
  'register-adapter': { ...bare, plan: 'register', adapter: true },
  'register-unaligned': {
    ...{ plan: 'register', format: 'bf16', parts: 2, adapter: true },
    ...{ alignedIn: false, alignedOut: false, alignedHidden: false },
  },
  'subgroup-adapter': { ...bare, plan: 'subgroup', adapter: true },
};

const runInputGradient = defineProgram<BakedInputGradient>(
  'linear input gradient',
  inputGradientVariants,
  (baked) => {
    const { plan, format, alignedIn, alignedOut, adapter, alignedHidden } = baked;
    const buffers = partNames(baked.parts);
    const columns = { width: 'uniforms.columns', limit: 'uniforms.columns' };
    const rows = { width: 'uniforms.rows', limit: 'uniforms.rows' };
    const hidden = { width: 'uniforms.hiddenWidth', limit: 'uniforms.hiddenWidth' };
    const extra = `${matrixReader({ name: 'gRow', buffers: ['g'], format: 'f32', aligned: alignedHidden, ...hidden })}
${matrixReader({ name: 'aRow', buffers: ['a'], format: 'f32', aligned: alignedIn, ...columns })}
fn extraLeft(z : i32, row : i32, k : i32) -> vec4<f32> { return gRow(row, k); }
fn extraRight(z : i32, k : i32, column : i32) -> vec4<f32> { return aRow(k, column); }`;
    return {
      outputs: { dx: elementType('f32', alignedIn) },
      inputs: {
        dy: elementType('f32', alignedOut),
        ...Object.fromEntries(buffers.map((name) => [name, elementType(format, alignedIn)])),
        ...(adapter && {
          g: elementType('f32', alignedHidden),
          a: elementType('f32', alignedIn),
        }),
      },
      uniforms: { count: 'i32', rows: 'i32', columns: 'i32', partRows: 'i32', hiddenWidth: 'i32' },
      code: `${matrixReader({ name: 'dyRow', buffers: ['dy'], format: 'f32', aligned: alignedOut, ...rows })}
${matrixReader({ name: 'weightRow', buffers, format, aligned: alignedIn, partRows: 'uniforms.partRows', ...columns })}
fn leftTerm(z : i32, row : i32, k : i32) -> vec4<f32> { return dyRow(row, k); }
fn rightTerm(z : i32, k : i32, column : i32) -> vec4<f32> { return weightRow(k, column); }
${adapter ? extra : ''}
${matrixWriter('dx', alignedIn, 'uniforms.columns')}
${matmulText({
  form: 'NN',
  plan,
  rows: 'uniforms.count',
  columns: 'uniforms.columns',
  terms: { left: 'leftTerm', right: 'rightTerm', depth: 'uniforms.rows' },
  extra: adapter
    ? { left: 'extraLeft', right: 'extraRight', depth: 'uniforms.hiddenWidth' }
    : undefined,
})}`,
    };
  },
);

export const linearInputGradient: Kernel<LinearInputGradient> = (inputs, attributes) => {
  const { format, rows, columns, partRows } = attributes;
  const { dy, w, g } = inputs;
  const count = lengthOf(dy);
  const hiddenWidth = g ? matrixShape(g)[1] : 0;
  const dx = emptyTensor([count, columns]);
  const plan = planMatmul(count, columns);
  runInputGradient(
    {
      plan,
      format,
      parts: w.length,
      alignedIn: columns % 4 === 0,
      alignedOut: rows % 4 === 0,
      adapter: g !== undefined,
      alignedHidden: hiddenWidth % 4 === 0,
    },
    {
      outputs: { dx },
      inputs,
      uniforms: { count, rows, columns, partRows, hiddenWidth },
      groups: matmulGroups(plan, count, columns),
    },
  );
  return { dx };
};
