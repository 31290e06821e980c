/** Flattening on the CPU engine: copies within its memory. */
import { wasmBackend } from '../../engine/wasm/engine.ts';
import type { Kernel } from '../define-op.ts';
import { valuesOf } from '../host-values.ts';
import { sizeOf } from '../shape.ts';
import type { Flatten, Unflatten } from './flat.ts';

export const flatten: Kernel<Flatten> = ({ t }) => {
  const vector = wasmBackend().output([t.reduce((sum, { shape }) => sum + sizeOf(shape), 0)]);
  const values = valuesOf(vector);
  let start = 0;
  for (const info of t) {
    values.set(valuesOf(info), start);
    start += sizeOf(info.shape);
  }
  return { vector };
};

export const unflatten: Kernel<Unflatten> = ({ vector }, { shapes }) => {
  let start = 0;
  const t = shapes.map((shape) => {
    const out = wasmBackend().output([...shape]);
    valuesOf(out).set(valuesOf(vector).subarray(start, start + sizeOf(shape)));
    start += sizeOf(shape);
    return out;
  });
  return { t };
};
