/** 16-bit words → float32 on WebGPU: core WGSL unpacking, no feature needed. */
import { emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import type { BackendKernel } from '../register.ts';
import { defineProgram, groupsFor, perValue } from '../wgsl-program.ts';
import type { WidenAttributes } from './widen.ts';

interface BakedWiden extends Record<string, string> {
  format: 'f16' | 'bf16';
}

const runWiden = defineProgram<BakedWiden>('widen', ({ format }) => ({
  outputs: { wide: 'f32' },
  inputs: { words: 'u32' },
  uniforms: { count: 'i32' },
  code: perValue(`let word = words[index / 2] >> (16u * u32(index % 2));
  wide[index] = ${format === 'f16' ? 'unpack2x16float(word).x' : 'bitcast<f32>(word << 16u)'};`),
}));

/** words int32 [size / 2] → float32 [size]. */
export const widenKernel: BackendKernel = ({ words }, attributes) => {
  const { format, size } = attributes as WidenAttributes;
  const wide = emptyTensor([size]);
  runWiden(
    { format },
    {
      outputs: { wide },
      inputs: { words: words! },
      uniforms: { count: size },
      groups: groupsFor(size),
    },
  );
  return wide;
};
