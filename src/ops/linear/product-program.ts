/** A product of two float32 matrices on WebGPU: P = x·Aᵀ, and the gradients dA and dW. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import type { Kernel } from '../define-op.ts';
import { matrixShape } from '../shape.ts';
import {
  matmulGroups,
  matmulText,
  planMatmul,
  type MatmulForm,
  type MatmulPlan,
} from '../wgsl-matmul.ts';
import { elementType, matrixReader, matrixWriter } from '../wgsl-matrix.ts';
import { defineProgram, type Variants } from '../wgsl-program.ts';
import type { LinearWeightGradient, LoraAGradient } from './linear.ts';

interface BakedProduct extends Record<string, string | boolean> {
  form: MatmulForm;
  plan: MatmulPlan;
  alignedLeft: boolean;
  alignedRight: boolean;
  alignedResult: boolean;
}

const aligned = { alignedLeft: true, alignedRight: true, alignedResult: true };
const productVariants: Variants<BakedProduct> = {
  'NT-tile64': { form: 'NT', plan: 'tile64', ...aligned },
  'NT-split': { form: 'NT', plan: 'split', ...aligned },
  'NT-register': { form: 'NT', plan: 'register', ...aligned },
  'NT-subgroup': { form: 'NT', plan: 'subgroup', ...aligned },
  'TN-tile32': { form: 'TN', plan: 'tile32', ...aligned },
  'TN-split': { form: 'TN', plan: 'split', ...aligned },
  'TN-subgroup': { form: 'TN', plan: 'subgroup', ...aligned },
  'TN-register-unaligned': {
    ...{ form: 'TN', plan: 'register' },
    ...{ alignedLeft: false, alignedRight: false, alignedResult: false },
  },
};

const runProduct = defineProgram<BakedProduct>('product', productVariants, (baked) => {
  const { form, plan, alignedLeft, alignedRight, alignedResult } = baked;
  const reader = (name: string, aligned: boolean) =>
    matrixReader({
      name: `${name}Row`,
      buffers: [name],
      format: 'f32',
      aligned,
      width: `uniforms.${name}Width`,
      limit: `uniforms.${name}Width`,
    });
  return {
    outputs: { result: elementType('f32', alignedResult) },
    inputs: { left: elementType('f32', alignedLeft), right: elementType('f32', alignedRight) },
    uniforms: {
      rows: 'i32',
      columns: 'i32',
      depth: 'i32',
      leftWidth: 'i32',
      rightWidth: 'i32',
    },
    code: `${reader('left', alignedLeft)}
${reader('right', alignedRight)}
fn leftTerm(z : i32, a : i32, b : i32) -> vec4<f32> { return leftRow(a, b); }
fn rightTerm(z : i32, a : i32, b : i32) -> vec4<f32> { return rightRow(a, b); }
${matrixWriter('result', alignedResult, 'uniforms.columns')}
${matmulText({
  form,
  plan,
  rows: 'uniforms.rows',
  columns: 'uniforms.columns',
  terms: { left: 'leftTerm', right: 'rightTerm', depth: 'uniforms.depth' },
})}`,
  };
});

/** NT: left [m, k], right [n, k]; TN: left [k, m], right [k, n] → [m, n]. */
export function matrixProduct(form: 'NT' | 'TN', left: TensorInfo, right: TensorInfo): TensorInfo {
  const [leftRows, leftWidth] = matrixShape(left);
  const [rightRows, rightWidth] = matrixShape(right);
  const rows = form === 'NT' ? leftRows : leftWidth;
  const columns = form === 'NT' ? rightRows : rightWidth;
  const depth = form === 'NT' ? leftWidth : leftRows;
  const plan = planMatmul(rows, columns);
  const result = emptyTensor([rows, columns]);
  runProduct(
    {
      form,
      plan,
      alignedLeft: leftWidth % 4 === 0,
      alignedRight: rightWidth % 4 === 0,
      alignedResult: columns % 4 === 0,
    },
    {
      outputs: { result },
      inputs: { left, right },
      uniforms: { rows, columns, depth, leftWidth, rightWidth },
      groups: matmulGroups(plan, rows, columns),
    },
  );
  return result;
}

export const loraAGradient: Kernel<LoraAGradient> = ({ g, x }) => ({
  da: matrixProduct('TN', g, x),
});

export const linearWeightGradient: Kernel<LinearWeightGradient> = ({ dy, x }) => ({
  dw: matrixProduct('TN', dy, x),
});
