/** tfjs's own kernels on the CPU engine: they serve every op that we have no kernel for. */
import {
  getKernel,
  getKernelsForBackend,
  registerKernel,
  type KernelFunc,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { WasmBackend } from './backend.ts';

let registered = false;

/** Registers tfjs's plain JavaScript kernels for the backend `name`; a second call does nothing. */
export function registerStockKernels(name: string): void {
  if (registered) return;
  registered = true;
  for (const kernel of getKernelsForBackend('cpu')) {
    // Ours are registered for this backend by themselves, with kernels of their own.
    if (kernel.kernelName.startsWith('Idiolect')) continue;
    const kernelFunc = kernel.kernelName === 'Add' ? add : kernel.kernelFunc;
    registerKernel({ ...kernel, backendName: name, kernelFunc });
  }
}

/** The one stock op that gradients run on whole activations: where a tensor was used twice. */
const add: KernelFunc = (call) => {
  const { a, b } = call.inputs as { a: TensorInfo; b: TensorInfo };
  const engine = call.backend as WasmBackend;
  const plain = a.dtype === 'float32' && b.dtype === 'float32' && a.shape.join() === b.shape.join();
  if (!plain) return getKernel('Add', 'cpu').kernelFunc(call);
  const out = engine.output([...a.shape]);
  const size = a.shape.reduce((product, n) => product * n, 1);
  engine.run('addValues', [...[a, b, out].map((info) => engine.pointer(info)), size], size * 2);
  return out;
};
