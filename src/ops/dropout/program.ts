/** Dropout on WebGPU: the same 32-bit hash as on every other backend. */
import { emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import type { Kernel } from '../define-op.ts';
import { sizeOf } from '../shape.ts';
import { groupsFor, perValue } from '../wgsl-entry.ts';
import { defineProgram } from '../wgsl-program.ts';
import type { Dropout } from './dropout.ts';
import { dropoutThreshold } from './hash.ts';

const runDropout = defineProgram('dropout', () => ({
  outputs: { y: 'f32' },
  inputs: { x: 'f32' },
  uniforms: { count: 'i32', seed: 'u32', threshold: 'u32', kept: 'f32' },
  code: perValue(`var hash = (u32(index) * 0x9e3779b1u) ^ uniforms.seed;
  hash = (hash ^ (hash >> 16u)) * 0x85ebca6bu;
  hash = (hash ^ (hash >> 13u)) * 0xc2b2ae35u;
  hash = hash ^ (hash >> 16u);
  y[index] = select(x[index] * uniforms.kept, 0.0, hash < uniforms.threshold);`),
}));

export const dropout: Kernel<Dropout> = ({ x }, { rate, seed }) => {
  const y = emptyTensor(x.shape);
  const count = sizeOf(x.shape);
  const uniforms = { count, seed, threshold: dropoutThreshold(rate), kept: 1 / (1 - rate) };
  runDropout({}, { outputs: { y }, inputs: { x }, uniforms, groups: groupsFor(count) });
  return { y };
};
