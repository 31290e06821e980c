/**
 * How an op of ours meets tfjs: forward work is a kernel registered under one name for every
 * backend, gradients are closures on the tape. A thunk runs only if somebody asked for that
 * gradient, so frozen weights cost nothing.
 */
import { engine, type NamedAttrMap, type Tensor } from '@tensorflow/tfjs-core';

/** Inputs by name; an absent optional input is simply left out. */
export type Inputs = Record<string, Tensor>;
/** The gradient of one input; undefined when this input has no part in the result after all. */
export type Thunk = (soFar?: Tensor) => Tensor | undefined;
export type Gradients = Record<string, Thunk>;
export type Save = (tensors: Tensor[]) => void;

const accumulatingThunks = new WeakSet<Thunk>();

/**
 * Marks a thunk that can add to the gradient its input already has from later uses, in the same
 * dispatch: it is then given that gradient and returns the sum.
 */
export function accumulating(thunk: (soFar?: Tensor) => Tensor): Thunk {
  accumulatingThunks.add(thunk);
  return thunk;
}

export function accumulates(thunk: Thunk): boolean {
  return accumulatingThunks.has(thunk);
}

/** Runs the kernel of the current backend; nothing is recorded on the tape here. */
export function runKernel(name: string, inputs: Inputs, attributes: object = {}): Tensor[] {
  const result: unknown = engine().runKernel(name, inputs, attributes as NamedAttrMap);
  return Array.isArray(result) ? (result as Tensor[]) : [result as Tensor];
}

/** As `runKernel`, for kernels with one output. */
export function runKernelForOne(name: string, inputs: Inputs, attributes: object = {}): Tensor {
  return runKernel(name, inputs, attributes)[0]!;
}

/**
 * Records one op on the tape.
 * @param inputs every tensor that may want a gradient, by the name its thunk has in `backward`
 * @param forward computes the outputs and saves what `backward` will read
 * @param backward gradients of the outputs → a thunk per input; must read tensors from `saved`
 *   only, since others may be gone by then
 */
export function taped(
  inputs: Inputs,
  forward: (save: Save) => Tensor[],
  backward: (dys: Tensor[], saved: Tensor[]) => Gradients,
): Tensor[] {
  const result = (engine() as unknown as TapeEngine).runKernelFunc({
    inputs,
    forwardFunc: (_backend, save) => forward((tensors) => save(tensors)),
    backwardsFunc: (dy, saved) => backward(Array.isArray(dy) ? dy : [dy], saved),
  });
  return Array.isArray(result) ? result : [result];
}

/**
 * What tfjs's engine offers under its public ops; private in its types, fixed by the exact pin.
 * The public `customGrad` would compute the gradients of frozen inputs too.
 */
interface TapeEngine {
  runKernelFunc(invocation: {
    inputs: Inputs;
    forwardFunc: (backend: unknown, save: Save) => Tensor[];
    backwardsFunc: (dy: Tensor | Tensor[], saved: Tensor[]) => Gradients;
  }): Tensor | Tensor[];
}
