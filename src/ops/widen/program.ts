/** 16-bit words → float32 on WebGPU: core WGSL unpacking, no feature needed. */
import type { BackendKernel } from '../register.ts';
import { runProgram } from '../wgsl-program.ts';
import type { WidenAttributes } from './widen.ts';

export const widenKernel: BackendKernel = ({ words }, attributes) => {
  const { format, size } = attributes as WidenAttributes;
  const value =
    format === 'f16'
      ? 'select(unpack2x16float(word).x, unpack2x16float(word).y, high)'
      : 'bitcast<f32>(select(word << 16u, word & 0xffff0000u, high))';
  return runProgram(
    {
      name: 'widen',
      inputs: ['words'],
      outputShape: [size],
      baked: { format },
      count: size,
      code: `fn main(index : i32) {
        if (index < uniforms.count) {
          let word = bitcast<u32>(words[index / 2]);
          let high = index % 2 == 1;
          result[index] = ${value};
        }
      }`,
    },
    [words!],
  );
};
