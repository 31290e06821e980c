/** The products of the head on WebGPU: logits of a chunk of rows, and what their gradient gives. */
import { partNames, type WeightFormat } from '../weight.ts';
import { matmulText, type MatmulPlan } from '../wgsl-matmul.ts';
import { elementType, matrixReader, matrixWriter } from '../wgsl-matrix.ts';
import { defineProgram, type Variants } from '../wgsl-program.ts';

export interface BakedHead extends Record<string, string | number | boolean> {
  plan: MatmulPlan;
  format: WeightFormat;
  parts: number;
  alignedIn: boolean;
  alignedVocabulary: boolean;
}

const aligned = { parts: 1, alignedIn: true, alignedVocabulary: true } as const;

const shown: Variants<BakedHead> = {
  tile64: { ...aligned, plan: 'tile64', format: 'f32' },
  'split-int8': { ...aligned, plan: 'split', format: 'int8' },
  'subgroup-f16': { ...aligned, plan: 'subgroup', format: 'f16' },
  'register-unaligned-parts': {
    ...{ plan: 'register', format: 'bf16', parts: 2 },
    ...{ alignedIn: false, alignedVocabulary: false },
  },
};

const columns = { width: 'uniforms.columns', limit: 'uniforms.columns' };
const vocabulary = { width: 'uniforms.vocabulary', limit: 'uniforms.vocabulary' };
const headUniforms = {
  /** First row of the chunk among the rows that count, and rows in the chunk. */
  first: 'i32',
  count: 'i32',
  vocabulary: 'i32',
  columns: 'i32',
  partRows: 'i32',
} as const;

const headBuffers = ({ parts, format, alignedIn }: BakedHead) =>
  Object.fromEntries(partNames(parts).map((name) => [name, elementType(format, alignedIn)]));

const headReader = ({ parts, format, alignedIn }: BakedHead) =>
  matrixReader({
    name: 'headRow',
    buffers: partNames(parts),
    format,
    aligned: alignedIn,
    partRows: 'uniforms.partRows',
    ...columns,
  });
export const runLogits = defineProgram<BakedHead>('cross-entropy logits', shown, (baked) => {
  const { plan, alignedIn, alignedVocabulary } = baked;
  return {
    outputs: { logits: elementType('f32', alignedVocabulary) },
    inputs: { x: elementType('f32', alignedIn), rows: 'i32', ...headBuffers(baked) },
    uniforms: headUniforms,
    code: `${matrixReader({ name: 'xRow', buffers: ['x'], format: 'f32', aligned: alignedIn, ...columns })}
${headReader(baked)}
fn leftTerm(z : i32, row : i32, k : i32) -> vec4<f32> { return xRow(rows[uniforms.first + row], k); }
fn rightTerm(z : i32, row : i32, k : i32) -> vec4<f32> { return headRow(row, k); }
${matrixWriter('logits', alignedVocabulary, 'uniforms.vocabulary')}
${matmulText({
  form: 'NT',
  plan,
  rows: 'uniforms.count',
  columns: 'uniforms.vocabulary',
  terms: { left: 'leftTerm', right: 'rightTerm', depth: 'uniforms.columns' },
})}`,
  };
});

export const runInputGradient = defineProgram<BakedHead>('cross-entropy dx', shown, (baked) => {
  const { plan, alignedIn, alignedVocabulary } = baked;
  return {
    outputs: { dx: elementType('f32', alignedIn) },
    inputs: { logits: elementType('f32', alignedVocabulary), ...headBuffers(baked) },
    uniforms: headUniforms,
    code: `${matrixReader({ name: 'logitsRow', buffers: ['logits'], format: 'f32', aligned: alignedVocabulary, ...vocabulary })}
${headReader(baked)}
fn leftTerm(z : i32, row : i32, k : i32) -> vec4<f32> { return logitsRow(row, k); }
fn rightTerm(z : i32, k : i32, column : i32) -> vec4<f32> { return headRow(k, column); }
${matrixWriter('dx', alignedIn, 'uniforms.columns', '', '(uniforms.first + row) * uniforms.columns + column')}
${matmulText({
  form: 'NN',
  plan,
  rows: 'uniforms.count',
  columns: 'uniforms.columns',
  terms: { left: 'leftTerm', right: 'rightTerm', depth: 'uniforms.vocabulary' },
})}`,
  };
});

interface BakedWeightGradient extends Record<string, string | boolean> {
  plan: MatmulPlan;
  alignedIn: boolean;
  alignedVocabulary: boolean;
}

const weightGradientVariants: Variants<BakedWeightGradient> = {
  tile64: { plan: 'tile64', alignedIn: true, alignedVocabulary: true },
  subgroup: { plan: 'subgroup', alignedIn: true, alignedVocabulary: true },
  'register-unaligned': { plan: 'register', alignedIn: false, alignedVocabulary: false },
};

export const runWeightGradient = defineProgram<BakedWeightGradient>(
  'cross-entropy dw',
  weightGradientVariants,
  (baked) => {
    const { plan, alignedIn, alignedVocabulary } = baked;
    const add = alignedIn
      ? 'if (uniforms.first > 0) { value += dw[at / 4]; }'
      : `if (uniforms.first > 0) {
    for (var q = 0; q < 4; q++) {
      if (column + q < uniforms.columns) { value[q] += dw[at + q]; }
    }
  }`;
    return {
      outputs: { dw: elementType('f32', alignedIn) },
      inputs: {
        x: elementType('f32', alignedIn),
        rows: 'i32',
        logits: elementType('f32', alignedVocabulary),
      },
      uniforms: headUniforms,
      code: `${matrixReader({ name: 'logitsRow', buffers: ['logits'], format: 'f32', aligned: alignedVocabulary, ...vocabulary })}
${matrixReader({ name: 'xRow', buffers: ['x'], format: 'f32', aligned: alignedIn, ...columns })}
fn leftTerm(z : i32, k : i32, row : i32) -> vec4<f32> { return logitsRow(k, row); }
fn rightTerm(z : i32, k : i32, column : i32) -> vec4<f32> {
  return xRow(rows[uniforms.first + k], column);
}
${matrixWriter('dw', alignedIn, 'uniforms.columns', add)}
${matmulText({
  form: 'TN',
  plan,
  rows: 'uniforms.vocabulary',
  columns: 'uniforms.columns',
  terms: { left: 'leftTerm', right: 'rightTerm', depth: 'uniforms.count' },
})}`,
    };
  },
);
