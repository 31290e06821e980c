/** Dropout on WebGPU: the same 32-bit hash as on every other backend. */
import { emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import type { BackendKernel } from '../register.ts';
import { defineProgram, groupsFor, perValue } from '../wgsl-program.ts';
import { dropoutThreshold, type DropoutAttributes } from './dropout.ts';

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

/** x of any shape → the same shape. */
export const dropoutKernel: BackendKernel = ({ x }, attributes) => {
  const { rate, seed } = attributes as DropoutAttributes;
  const y = emptyTensor(x!.shape);
  const count = x!.shape.reduce((a, b) => a * b, 1);
  runDropout(
    {},
    {
      outputs: { y },
      inputs: { x: x! },
      uniforms: { count, seed, threshold: dropoutThreshold(rate), kept: 1 / (1 - rate) },
      groups: groupsFor(count),
    },
  );
  return y;
};
