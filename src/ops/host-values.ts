/**
 * The values behind a tensor on a backend that keeps them in host memory (cpu, wasm), as a live
 * view: writing to it changes the tensor.
 */
import { backend, type TensorInfo, type TypedArray } from '@tensorflow/tfjs-core';

interface HostBackend {
  data: { get(dataId: object): { values?: TypedArray } };
}

export function valuesOf(info: TensorInfo): TypedArray {
  const { values } = (backend() as unknown as HostBackend).data.get(info.dataId);
  if (values === undefined) throw new TypeError('This tensor has no values in host memory.');
  return values;
}
