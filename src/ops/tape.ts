/**
 * How an op of ours meets tfjs's tape: gradients are closures, and one runs only if somebody asked
 * for that gradient, so frozen weights cost nothing.
 */
import { engine, Tensor } from '@tensorflow/tfjs-core';
import { flat, type AnyNamed } from './named.ts';

/** The gradient of one input; undefined when this input has no part in the result after all. */
export type Thunk = (soFar?: Tensor) => Tensor | undefined;

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

/** What `taped` records: the outputs, and the tensors, however nested, that `backward` reads. */
export interface Recorded<Saved> {
  outputs: Tensor[];
  saved: Saved;
}

/**
 * Records one op on the tape.
 * @param inputs every tensor that may want a gradient, by the name its thunk has in `backward`
 * @param backward gradient of the first output, the only one that has any → a thunk per input;
 *   must read tensors from `saved` only, since others may be gone by then
 */
export function taped<Saved>(
  inputs: AnyNamed<Tensor>,
  forward: () => Recorded<Saved>,
  backward: (dy: Tensor, saved: Saved) => AnyNamed<Thunk>,
): Tensor[] {
  let structure: Saved;
  const result = (engine() as unknown as TapeEngine).runKernelFunc({
    inputs: flat(inputs),
    forwardFunc: (_backend, save) => {
      const { outputs, saved } = forward();
      structure = saved;
      const tensors: Tensor[] = [];
      mapTensors(saved, (tensor) => {
        tensors.push(tensor);
        return tensor;
      });
      save(tensors);
      return outputs;
    },
    backwardsFunc: (dys, kept) => {
      const [dy] = Array.isArray(dys) ? dys : [dys];
      if (!dy) throw new TypeError('An op on the tape has no output.');
      const tensors = kept[Symbol.iterator]();
      const saved = mapTensors(structure, (tensor) => tensors.next().value ?? tensor);
      return flat(backward(dy, saved));
    },
  });
  return Array.isArray(result) ? result : [result];
}

/** The same structure with every tensor in it changed, in a fixed order. */
function mapTensors<S>(structure: S, change: (tensor: Tensor) => Tensor): S {
  const changed = (part: unknown): unknown => {
    if (part instanceof Tensor) return change(part as Tensor);
    if (Array.isArray(part)) return part.map(changed);
    if (typeof part !== 'object' || part === null) return part;
    const result: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(part)) result[name] = changed(value);
    return result;
  };
  return changed(structure) as S;
}

/**
 * What tfjs's engine offers under its public ops; private in its types, fixed by the exact pin.
 * The public `customGrad` would compute the gradients of frozen inputs too.
 */
interface TapeEngine {
  runKernelFunc(invocation: {
    inputs: Record<string, Tensor>;
    forwardFunc: (backend: unknown, save: (tensors: Tensor[]) => void) => Tensor[];
    backwardsFunc: (dys: Tensor | Tensor[], saved: Tensor[]) => Record<string, Thunk>;
  }): Tensor | Tensor[];
}
