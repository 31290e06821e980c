/**
 * The text of a matrix product in WGSL, whatever its operands: they are read four values at a time
 * through functions of the caller, and so is the result written. Every output is summed by one
 * invocation or by one group in a fixed order: no atomics, the same bits on every run.
 */
import { matmulVariant } from '../engine/webgpu/kernel-variants.ts';
import { GROUP } from './wgsl-entry.ts';
import {
  accumulators,
  allTerms,
  GROUP_TILES,
  registerText,
  stepOf,
  storeAll,
  subgroupText,
  termsText,
} from './wgsl-register-tile.ts';

/**
 * How rows are read, with i, j, k counting rows, columns and terms of the result:
 * NT left(i, k) right(j, k); NN left(i, k) right(k, j); TN left(k, i) right(k, j).
 */
export type MatmulForm = 'NT' | 'NN' | 'TN';

/**
 * register: a tile per invocation. subgroup: larger ones, read together. tile64, tile32: a tile per group, through shared memory.
 * split: a group shares the terms of a small tile; for results with few rows or columns.
 */
export type MatmulPlan = 'register' | 'subgroup' | 'tile64' | 'tile32' | 'split';

/** WGSL names of functions (z, first, second) → vec4<f32> and the number of terms. */
export interface MatmulTerms {
  left: string;
  right: string;
  /** WGSL of the number of terms; may use `z`. */
  depth: string;
}

export interface Matmul {
  form: MatmulForm;
  plan: MatmulPlan;
  /** WGSL of the size of the result; may use `z`. */
  rows: string;
  columns: string;
  terms: MatmulTerms;
  /** Further terms after those, of the same form: a low-rank update. */
  extra?: MatmulTerms | undefined;
}

const LANES = ['x', 'y', 'z', 'w'] as const;
/** Terms per trip through shared memory. */
const DEPTH_TILE = 16;
/** A result with fewer rows or columns than this would leave most of a tile idle. */
const SKINNY = 32;
/** Tiles of 64 × 64 needed to keep a graphics processor busy. */
const BUSY_TILES = 64;
/** Below this the tiles of four invocations would be mostly empty. */
const THIN = 16;

export function planMatmul(rows: number, columns: number): MatmulPlan {
  const variant = matmulVariant();
  if (variant === 'register') return 'register';
  if (variant === 'subgroup') return Math.min(rows, columns) < THIN ? 'register' : 'subgroup';
  if (Math.min(rows, columns) <= SKINNY) return 'split';
  return Math.ceil(rows / 64) * Math.ceil(columns / 64) >= BUSY_TILES ? 'tile64' : 'tile32';
}

export function matmulGroups(
  plan: MatmulPlan,
  rows: number,
  columns: number,
  layers = 1,
): [number, number, number] {
  const tile = {
    ...GROUP_TILES,
    tile64: { rows: 64, columns: 64 },
    tile32: { rows: 32, columns: 32 },
    split: { rows: 4, columns: 4 },
  }[plan];
  return [Math.ceil(columns / tile.columns), Math.ceil(rows / tile.rows), layers];
}

/** The entry point; expects `store(z, row, column, value)` and the functions named in `terms`. */
export function matmulText(matmul: Matmul): string {
  if (matmul.plan === 'register') return registerText(matmul);
  if (matmul.plan === 'subgroup') return subgroupText(matmul);
  if (matmul.plan === 'split') return splitText(matmul);
  return tileText(matmul, matmul.plan === 'tile64' ? 64 : 32);
}

function splitText(matmul: Matmul): string {
  const step = stepOf(matmul.form);
  const loops = allTerms(matmul).map(
    (terms) => `for (var k = lane * ${step}; k < ${terms.depth}; k += ${step * GROUP}) {
${termsText(matmul.form, terms, 4, 4)}
  }`,
  );
  return `var<workgroup> partialSums : array<vec4<f32>, ${4 * GROUP}>;
@compute @workgroup_size(${GROUP})
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(local_invocation_index) local : u32) {
  let z = i32(group.z);
  let lane = i32(local);
  let row0 = i32(group.y) * 4;
  let column0 = i32(group.x) * 4;
${accumulators(4, 4)}
  ${loops.join('\n  ')}
${[0, 1, 2, 3].map((i) => `  partialSums[lane * 4 + ${i}] = sum${i}_0;`).join('\n')}
  workgroupBarrier();
  for (var step = ${GROUP / 2}; step > 0; step /= 2) {
    if (lane < step) {
      for (var i = 0; i < 4; i++) {
        partialSums[lane * 4 + i] += partialSums[(lane + step) * 4 + i];
      }
    }
    workgroupBarrier();
  }
  if (lane < 4 && row0 + lane < ${matmul.rows}) { store(z, row0 + lane, column0, partialSums[lane]); }
}`;
}

/** Each invocation owns 4 × 4 values of a tile of size × size; a group has (size / 4)² of them. */
function tileText(matmul: Matmul, size: number): string {
  const side = size / 4;
  const threads = side * side;
  // Vectors of four that fill one operand's tile; every invocation brings one or two of them.
  const vectors = (size * DEPTH_TILE) / 4;
  const tile = (
    terms: MatmulTerms,
  ) => `for (var base = 0; base < ${terms.depth}; base += ${DEPTH_TILE}) {
    for (var vector = invocation; vector < ${vectors}; vector += ${threads}) {
${loadText(matmul.form, terms, size)}
    }
    workgroupBarrier();
    for (var k = 0; k < ${DEPTH_TILE}; k++) {
      let l = k * ${size} + localRow;
      let r = k * ${size} + localColumn;
      let right = vec4(rightTile[r], rightTile[r + 1], rightTile[r + 2], rightTile[r + 3]);
${[0, 1, 2, 3].map((i) => `      sum${i}_0 += leftTile[l + ${i}] * right;`).join('\n')}
    }
    workgroupBarrier();
  }`;
  return `var<workgroup> leftTile : array<f32, ${size * DEPTH_TILE}>;
var<workgroup> rightTile : array<f32, ${size * DEPTH_TILE}>;
@compute @workgroup_size(${side}, ${side})
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(local_invocation_id) local : vec3<u32>) {
  let z = i32(group.z);
  let invocation = i32(local.y) * ${side} + i32(local.x);
  let localRow = i32(local.y) * 4;
  let localColumn = i32(local.x) * 4;
  let groupRow = i32(group.y) * ${size};
  let groupColumn = i32(group.x) * ${size};
  let row0 = groupRow + localRow;
  let column0 = groupColumn + localColumn;
${accumulators(4, 4)}
  ${allTerms(matmul).map(tile).join('\n  ')}
${storeAll(matmul, 4, 4)}
}`;
}

/** One vector of each operand into shared memory, laid out [term][row or column]. */
function loadText(form: MatmulForm, terms: MatmulTerms, size: number): string {
  const perRow = DEPTH_TILE / 4;
  const perTerm = size / 4;
  // Along the terms: four terms of one row. Across: four rows of one term.
  const along = (fn: string, tile: string, origin: string) => `{
      let i = vector / ${perRow};
      let k = 4 * (vector % ${perRow});
      var v = vec4(0.0);
      if (base + k < ${terms.depth}) { v = ${fn}(z, ${origin} + i, base + k); }
${LANES.map((lane, q) => `      ${tile}[(k + ${q}) * ${size} + i] = v.${lane};`).join('\n')}
    }`;
  const across = (fn: string, tile: string, origin: string) => `{
      let k = vector / ${perTerm};
      let i = 4 * (vector % ${perTerm});
      var v = vec4(0.0);
      if (base + k < ${terms.depth}) { v = ${fn}(z, base + k, ${origin} + i); }
${LANES.map((lane, q) => `      ${tile}[k * ${size} + i + ${q}] = v.${lane};`).join('\n')}
    }`;
  const left = form === 'TN' ? across : along;
  const right = form === 'NT' ? along : across;
  return `    ${left(terms.left, 'leftTile', 'groupRow')}
    ${right(terms.right, 'rightTile', 'groupColumn')}`;
}
