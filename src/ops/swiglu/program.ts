/** SwiGLU and its gradient on WebGPU, value by value. */
import { emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import type { BackendKernel } from '../register.ts';
import { defineProgram, groupsFor, perValue } from '../wgsl-program.ts';

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

/** x [N, 2F] → [N, F]. */
export const swiGluKernel: BackendKernel = ({ x }) => {
  const [rows, double] = x!.shape as [number, number];
  const width = double / 2;
  const y = emptyTensor([rows, width]);
  const count = rows * width;
  runForward(
    {},
    {
      outputs: { y },
      inputs: { x: x! },
      uniforms: { count, width },
      groups: groupsFor(count),
    },
  );
  return y;
};

/** x [N, 2F], dy [N, F] → dx [N, 2F] and y [N, F]. */
export const swiGluBackwardKernel: BackendKernel = ({ x, dy }) => {
  const [rows, width] = dy!.shape as [number, number];
  const dx = emptyTensor(x!.shape);
  const y = emptyTensor([rows, width]);
  const count = rows * width;
  runBackward(
    {},
    {
      outputs: { dx, y },
      inputs: { x: x!, dy: dy! },
      uniforms: { count, width },
      groups: groupsFor(count),
    },
  );
  return [dx, y];
};
