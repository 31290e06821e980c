/** Flattening on WebGPU: copies between buffers, no dispatch at all. */
import { copyWithin, emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import type { Kernel } from '../define-op.ts';
import { sizeOf } from '../shape.ts';
import type { Flatten, Unflatten } from './flat.ts';

export const flatten: Kernel<Flatten> = ({ t }) => {
  const vector = emptyTensor([t.reduce((sum, { shape }) => sum + sizeOf(shape), 0)]);
  let start = 0;
  for (const info of t) {
    const size = sizeOf(info.shape);
    copyWithin(info, 0, vector, start, size);
    start += size;
  }
  return { vector };
};

export const unflatten: Kernel<Unflatten> = ({ vector }, { shapes }) => {
  let start = 0;
  const t = shapes.map((shape) => {
    const out = emptyTensor([...shape]);
    copyWithin(vector, start, out, 0, sizeOf(shape));
    start += sizeOf(shape);
    return out;
  });
  return { t };
};
