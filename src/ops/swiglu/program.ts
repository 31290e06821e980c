/** SwiGLU and its gradient on WebGPU, value by value. */
import { emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import type { Kernel } from '../define-op.ts';
import { matrixShape } from '../shape.ts';
import { groupsFor, perValue } from '../wgsl-entry.ts';
import { defineProgram } from '../wgsl-program.ts';
import type { SwiGlu, SwiGluBackward } from './swiglu.ts';

const uniforms = { count: 'i32', width: 'i32' } as const;

const operands = `let at = (index / uniforms.width) * 2 * uniforms.width + index % uniforms.width;
  let gate = x[at];
  let up = x[at + uniforms.width];
  let sigmoid = 1.0 / (1.0 + exp(-gate));`;

const runForward = defineProgram('swiglu', () => ({
  outputs: { y: 'f32' },
  inputs: { x: 'f32' },
  uniforms,
  code: perValue(`${operands}
  y[index] = gate * sigmoid * up;`),
}));

const runBackward = defineProgram('swiglu backward', () => ({
  outputs: { dx: 'f32', y: 'f32' },
  inputs: { x: 'f32', dy: 'f32' },
  uniforms,
  code: perValue(`${operands}
  dx[at] = dy[index] * up * sigmoid * (1.0 + gate * (1.0 - sigmoid));
  dx[at + uniforms.width] = dy[index] * gate * sigmoid;
  y[index] = gate * sigmoid * up;`),
}));

export const swiGlu: Kernel<SwiGlu> = ({ x }) => {
  const [rows, double] = matrixShape(x);
  const width = double / 2;
  const y = emptyTensor([rows, width]);
  const count = rows * width;
  const uniforms = { count, width };
  runForward({}, { outputs: { y }, inputs: { x }, uniforms, groups: groupsFor(count) });
  return { y };
};

export const swiGluBackward: Kernel<SwiGluBackward> = ({ x, dy }) => {
  const [rows, width] = matrixShape(dy);
  const dx = emptyTensor(x.shape);
  const y = emptyTensor([rows, width]);
  const count = rows * width;
  const uniforms = { count, width };
  runBackward({}, { outputs: { dx, y }, inputs: { x, dy }, uniforms, groups: groupsFor(count) });
  return { dx, y };
};
