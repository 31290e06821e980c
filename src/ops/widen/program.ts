/** Words of 16-bit or int8 weights → float32 on WebGPU: core WGSL, no feature needed. */
import { emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import type { Kernel } from '../define-op.ts';
import { groupsFor, perValue } from '../wgsl-entry.ts';
import { defineProgram, type Variants } from '../wgsl-program.ts';
import { unpackBlock } from '../wgsl-matrix.ts';
import type { Widen, WidenAttributes } from './widen.ts';

interface BakedWiden extends Record<string, string> {
  format: WidenAttributes['format'];
}

const halfOf = 'let word = words[index / 2] >> (16u * u32(index % 2));';
const bodies = {
  f16: `${halfOf} wide[index] = unpack2x16float(word).x;`,
  bf16: `${halfOf} wide[index] = bitcast<f32>(word << 16u);`,
  int8: 'wide[index] = wordsRowAt(index >> 6u, index & 60)[index & 3];',
} as const;

const widenVariants: Variants<BakedWiden> = {
  f16: { format: 'f16' },
  bf16: { format: 'bf16' },
  int8: { format: 'int8' },
};

const runWiden = defineProgram<BakedWiden>('widen', widenVariants, ({ format }) => ({
  outputs: { wide: 'f32' },
  inputs: { words: 'u32' },
  uniforms: { count: 'i32' },
  code: `${format === 'int8' ? unpackBlock('wordsRow', 'words') : ''}
${perValue(bodies[format])}`,
}));

export const widen: Kernel<Widen> = (inputs, { format, size }) => {
  const wide = emptyTensor([size]);
  const uniforms = { count: size };
  runWiden({ format }, { outputs: { wide }, inputs, uniforms, groups: groupsFor(size) });
  return { wide };
};
