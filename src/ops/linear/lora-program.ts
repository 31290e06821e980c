/** G = s·dy·B and dB = s·dyᵀ·P on WebGPU: products of each slot's own columns, all in one dispatch. */
import { emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import type { Kernel } from '../define-op.ts';
import { matrixShape } from '../shape.ts';
import { matmulGroups, matmulText, planMatmul, type MatmulPlan } from '../wgsl-matmul.ts';
import { elementType, matrixReader, matrixWriter } from '../wgsl-matrix.ts';
import { defineProgram, type Variants } from '../wgsl-program.ts';
import type { LoraBGradient, LoraHiddenGradient } from './linear.ts';
import {
  adaptedRows,
  longestSlot,
  slotFunctions,
  slotsAligned,
  slotTypes,
  slotUniforms,
} from './slots.ts';

interface BakedLora extends Record<string, string | boolean> {
  plan: MatmulPlan;
  /** Whether dy and all slots are cut at multiples of four columns. */
  alignedOut: boolean;
  alignedRank: boolean;
}

const shown: Variants<BakedLora> = {
  tile32: { plan: 'tile32', alignedOut: true, alignedRank: true },
  split: { plan: 'split', alignedOut: true, alignedRank: true },
  subgroup: { plan: 'subgroup', alignedOut: true, alignedRank: true },
  'register-unaligned': { plan: 'register', alignedOut: false, alignedRank: false },
};

const uniforms = {
  ...slotTypes,
  count: 'i32',
  rows: 'i32',
  rank: 'i32',
  hiddenWidth: 'i32',
  scale: 'f32',
} as const;

/** dy's four neighbors from column `column` of slot z, nothing past the slot's end. */
const dyOfSlot = (alignedOut: boolean) => `${slotFunctions}
${matrixReader({
  name: 'dyRow',
  buffers: ['dy'],
  format: 'f32',
  aligned: alignedOut,
  width: 'uniforms.rows',
  limit: 'uniforms.rows',
})}
fn dyTerm(z : i32, row : i32, column : i32) -> vec4<f32> {
  let slot = uniforms.slots[z];
  let inside = vec4<i32>(0, 1, 2, 3) < vec4<i32>(slot.y - slot.x - column);
  return select(vec4(0.0), dyRow(row, slot.x + column), inside);
}`;
const runHiddenGradient = defineProgram<BakedLora>('lora hidden gradient', shown, (baked) => {
  const { plan, alignedOut, alignedRank } = baked;
  const rank = { width: 'uniforms.rank', limit: 'uniforms.rank' };
  return {
    outputs: { g: elementType('f32', alignedRank) },
    inputs: { dy: elementType('f32', alignedOut), b: elementType('f32', alignedRank) },
    uniforms,
    code: `${dyOfSlot(alignedOut)}
${matrixReader({ name: 'bRow', buffers: ['b'], format: 'f32', aligned: alignedRank, ...rank })}
fn bTerm(z : i32, k : i32, column : i32) -> vec4<f32> { return bRow(uniforms.slots[z].z + k, column); }
${matrixWriter('g', alignedRank, 'uniforms.rank', 'value *= uniforms.scale;', 'row * uniforms.hiddenWidth + z * uniforms.rank + column')}
${matmulText({
  form: 'NN',
  plan,
  rows: 'uniforms.count',
  columns: 'uniforms.rank',
  terms: { left: 'dyTerm', right: 'bTerm', depth: 'slotRows(z)' },
})}`,
  };
});

export const loraHiddenGradient: Kernel<LoraHiddenGradient> = (inputs, attributes) => {
  const { rank, scale, slots } = attributes;
  const [count, rows] = matrixShape(inputs.dy);
  const slotCount = slots.length / 2;
  const hiddenWidth = slotCount * rank;
  const g = emptyTensor([count, hiddenWidth]);
  const plan = planMatmul(count, rank);
  runHiddenGradient(
    {
      plan,
      alignedOut: rows % 4 === 0 && slotsAligned(slots),
      alignedRank: rank % 4 === 0,
    },
    {
      outputs: { g },
      inputs,
      uniforms: { ...slotUniforms(slots), count, rows, rank, hiddenWidth, scale },
      groups: matmulGroups(plan, count, rank, slotCount),
    },
  );
  return { g };
};

const runBGradient = defineProgram<BakedLora>('lora b gradient', shown, (baked) => {
  const { plan, alignedOut, alignedRank } = baked;
  const hidden = { width: 'uniforms.hiddenWidth', limit: 'uniforms.hiddenWidth' };
  return {
    outputs: { db: elementType('f32', alignedRank) },
    inputs: { dy: elementType('f32', alignedOut), hidden: elementType('f32', alignedRank) },
    uniforms,
    code: `${dyOfSlot(alignedOut)}
${matrixReader({ name: 'hiddenRow', buffers: ['hidden'], format: 'f32', aligned: alignedRank, ...hidden })}
fn hiddenTerm(z : i32, k : i32, column : i32) -> vec4<f32> {
  return hiddenRow(k, z * uniforms.rank + column);
}
${matrixWriter('db', alignedRank, 'uniforms.rank', 'value *= uniforms.scale;', '(uniforms.slots[z].z + row) * uniforms.rank + column')}
${matmulText({
  form: 'TN',
  plan,
  rows: 'slotRows(z)',
  columns: 'uniforms.rank',
  terms: { left: 'dyTerm', right: 'hiddenTerm', depth: 'uniforms.count' },
})}`,
  };
});

export const loraBGradient: Kernel<LoraBGradient> = (inputs, attributes) => {
  const { rank, scale, slots } = attributes;
  const [count, rows] = matrixShape(inputs.dy);
  const places = slotUniforms(slots);
  const slotCount = slots.length / 2;
  const db = emptyTensor([adaptedRows(slots), rank]);
  const longest = longestSlot(slots);
  const plan = planMatmul(longest, rank);
  runBGradient(
    {
      plan,
      alignedOut: rows % 4 === 0 && slotsAligned(slots),
      alignedRank: rank % 4 === 0,
    },
    {
      outputs: { db },
      inputs,
      uniforms: { ...places, count, rows, rank, hiddenWidth: slotCount * rank, scale },
      groups: matmulGroups(plan, longest, rank, slotCount),
    },
  );
  return { db };
};
