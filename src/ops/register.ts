/**
 * The only file of this room with side effects: registers every op with tfjs. A backend without a
 * kernel for an op runs the plain reference.
 */
import { registerKernel, type TensorInfo } from '@tensorflow/tfjs-core';
import { Op } from './define-op.ts';
import * as folders from './ops.ts';
import { registerStockGradients } from './stock-gradients.ts';

type AnyOp = Pick<Op<never, never, object, never>, 'name' | 'kernelOn'>;

/** Every op that the folders export. */
export const ops: readonly AnyOp[] = Object.values<object>(folders)
  .flatMap((folder): unknown[] => Object.values(folder))
  .filter((value): value is AnyOp => value instanceof Op);

const registered = new Set<string>();

/** Registers every op for a backend; calling it again for the same backend does nothing. */
export function registerOps(backendName: string): void {
  if (registered.has(backendName)) return;
  registered.add(backendName);
  registerStockGradients();
  for (const op of ops) {
    const kernel = op.kernelOn(backendName);
    registerKernel({
      kernelName: op.name,
      backendName,
      kernelFunc: ({ inputs, attrs }) => kernel(inputs as Record<string, TensorInfo>, attrs ?? {}),
    });
  }
}
