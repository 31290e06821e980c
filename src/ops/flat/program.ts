/** Flattening on WebGPU: copies between buffers, no dispatch at all. */
import { copyWithin, emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import type { BackendKernel } from '../register.ts';
import { numbered, sizeOf, type UnflattenAttributes } from './flat.ts';

/** t0, t1, … of any shapes → [Σ sizes]. */
export const flattenKernel: BackendKernel = (inputs) => {
  const tensors = numbered(inputs);
  const sizes = tensors.map(({ shape }) => sizeOf(shape));
  const vector = emptyTensor([sizes.reduce((sum, size) => sum + size, 0)]);
  let at = 0;
  tensors.forEach((own, i) => {
    copyWithin(own, 0, vector, at, sizes[i]!);
    at += sizes[i]!;
  });
  return vector;
};

/** vector [Σ sizes] → a tensor for each shape. */
export const unflattenKernel: BackendKernel = ({ vector }, attributes) => {
  let at = 0;
  return (attributes as UnflattenAttributes).shapes.map((shape) => {
    const own = emptyTensor([...shape]);
    copyWithin(vector!, at, own, 0, sizeOf(shape));
    at += sizeOf(shape);
    return own;
  });
};
