/**
 * GELU and its gradient on WebGPU. WGSL has no erf: five terms of Abramowitz & Stegun 7.1.26 are
 * good to 1.5e-7. Its tanh may overflow inside: here it is made of e^(−2|u|).
 */
import { emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import type { Kernel } from '../define-op.ts';
import { sizeOf } from '../shape.ts';
import { groupsFor, perValue } from '../wgsl-entry.ts';
import { defineProgram, type Variants } from '../wgsl-program.ts';
import type { Gelu, GeluBackward, GeluForm } from './gelu.ts';

interface BakedGelu extends Record<string, string> {
  form: GeluForm;
}

const variants: Variants<BakedGelu> = { tanh: { form: 'tanh' }, erf: { form: 'erf' } };

const functions: Record<GeluForm, string> = {
  tanh: `fn inner(v : f32) -> f32 {
  let u = ${Math.sqrt(2 / Math.PI)} * v * (1.0 + 0.044715 * v * v);
  let e = exp(-2.0 * abs(u));
  return sign(u) * (1.0 - e) / (1.0 + e);
}
fn slope(v : f32) -> f32 {
  let t = inner(v);
  let u = ${Math.sqrt(2 / Math.PI)} * (1.0 + ${3 * 0.044715} * v * v);
  return 0.5 * (1.0 + t) + 0.5 * v * (1.0 - t * t) * u;
}`,
  erf: `fn inner(v : f32) -> f32 {
  let u = abs(v) * ${Math.SQRT1_2};
  let t = 1.0 / (1.0 + 0.3275911 * u);
  let sum = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741
    + t * (-1.453152027 + t * 1.061405429))));
  return sign(v) * (1.0 - sum * exp(-u * u));
}
fn slope(v : f32) -> f32 {
  return 0.5 * (1.0 + inner(v)) + v * exp(-0.5 * v * v) * ${1 / Math.sqrt(2 * Math.PI)};
}`,
};

const runForward = defineProgram<BakedGelu>('gelu', variants, ({ form }) => ({
  outputs: { y: 'f32' },
  inputs: { x: 'f32' },
  uniforms: { count: 'i32' },
  code: `${functions[form]}
${perValue('  y[index] = 0.5 * x[index] * (1.0 + inner(x[index]));')}`,
}));

const runBackward = defineProgram<BakedGelu>('gelu backward', variants, ({ form }) => ({
  outputs: { dx: 'f32' },
  inputs: { x: 'f32', dy: 'f32' },
  uniforms: { count: 'i32' },
  code: `${functions[form]}
${perValue('  dx[index] = dy[index] * slope(x[index]);')}`,
}));

export const gelu: Kernel<Gelu> = ({ x }, { form }) => {
  const y = emptyTensor(x.shape);
  const count = sizeOf(x.shape);
  const groups = groupsFor(count);
  runForward({ form }, { outputs: { y }, inputs: { x }, uniforms: { count }, groups });
  return { y };
};

export const geluBackward: Kernel<GeluBackward> = ({ x, dy }, { form }) => {
  const dx = emptyTensor(x.shape);
  const count = sizeOf(x.shape);
  const groups = groupsFor(count);
  runBackward({ form }, { outputs: { dx }, inputs: { x, dy }, uniforms: { count }, groups });
  return { dx };
};
