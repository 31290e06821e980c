/**
 * GELU in its two forms (Hendrycks & Gimpel 2016, arXiv 1606.08415), which are not
 * interchangeable: `tanh` (gelu_new: GPT-2, GPT-Neo) and `erf` (gelu: GPT-NeoX).
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { defineOp, type Signature } from '../define-op.ts';
import * as webgpu from './program.ts';
import * as reference from './reference.ts';
import * as wasm from './wasm.ts';

export type GeluForm = 'tanh' | 'erf';

export interface GeluAttributes {
  form: GeluForm;
}

/** x [N, F] → y [N, F]. */
export type Gelu = Signature<'x', 'y', GeluAttributes>;
/** x, dy [N, F] → dx [N, F]. */
export type GeluBackward = Signature<'x' | 'dy', 'dx', GeluAttributes>;

export const geluOp = defineOp({
  name: 'IdiolectGelu',
  inputs: ['x'],
  outputs: ['y'],
  reference: reference.gelu,
  wasm: wasm.gelu,
  webgpu: webgpu.gelu,
  saved: ['x'],
  backward: ({ dy, saved: { x }, attributes }) => ({
    x: () => geluBackward.run({ x, dy }, attributes).dx,
  }),
});

export const geluBackward = defineOp({
  name: 'IdiolectGeluBackward',
  inputs: ['x', 'dy'],
  outputs: ['dx'],
  reference: reference.geluBackward,
  wasm: wasm.geluBackward,
  webgpu: webgpu.geluBackward,
});

/** x [N, F] → [N, F]; differentiable in x. */
export function gelu(x: Tensor, form: GeluForm): Tensor {
  return geluOp.apply({ x }, { form }).y;
}
