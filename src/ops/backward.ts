/**
 * The backward pass over tfjs's tape. tfjs's own walk keeps every remembered activation and every
 * gradient on the way until its end, twice the memory; this one lets go of each as soon as it is
 * used up. It also hands an op the gradient its input has so far, so that joins of a residual
 * stream cost no addition of their own.
 */
import { add, engine, ones, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { getFilteredNodesXToY, type TapeNode } from '@tensorflow/tfjs-core/dist/tape';
import { accumulates, type Thunk } from './tape.ts';

export interface ValueAndGradients {
  value: Tensor;
  /** In the order of `wanted`; undefined where the value does not depend on the tensor. */
  gradients: (Tensor | undefined)[];
}

/**
 * Runs `run` and differentiates its result. May be called inside another backward pass.
 * @param dy gradient of the result; ones if absent
 */
export function backward(
  run: () => Tensor,
  wanted: readonly Tensor[],
  dy?: Tensor,
): ValueAndGradients {
  return tidy(() => {
    const { value, tape } = recordTape(run);
    const nodes = getFilteredNodesXToY(tape, [...wanted], value);
    const onPath = new Set(nodes.map(({ id }) => id));
    for (const node of tape) if (!onPath.has(node.id)) forget(node);

    const wantedIds = new Set(wanted.map(({ id }) => id));
    const gradients = new Map<number, Tensor>([[value.id, dy ?? ones(value.shape)]]);
    for (const node of nodes.reverse()) {
      const dys = node.outputs.map(({ id }) => gradients.get(id));
      if (dys.some(Boolean)) passBack(node, dys, gradients);
      forget(node);
      for (const { id } of node.outputs) {
        if (wantedIds.has(id)) continue;
        // The caller's own dy is not ours to dispose.
        if (gradients.get(id) !== dy) gradients.get(id)?.dispose();
        gradients.delete(id);
      }
    }
    return { value, gradients: wanted.map(({ id }) => gradients.get(id)) };
  });
}

/** Adds this node's gradients of its inputs to those there are; one tensor may be several inputs. */
function passBack(
  node: TapeNode,
  dys: readonly (Tensor | undefined)[],
  gradients: Map<number, Tensor>,
): void {
  const sums = new Map<number, Tensor>();
  tidy(() => {
    if (!node.gradient) throw new TypeError(`${node.kernelName} has no gradient.`);
    const thunks = node.gradient(dys as Tensor[]) as Record<string, Thunk>;
    for (const [name, { id }] of Object.entries(node.inputs)) {
      const thunk = thunks[name];
      if (!thunk) throw new RangeError(`${node.kernelName} has no gradient for ${name}.`);
      const soFar = sums.get(id) ?? gradients.get(id);
      const sum = soFar && !accumulates(thunk) ? plus(soFar, thunk()) : thunk(soFar);
      if (sum) sums.set(id, sum);
    }
    return [...sums.values()];
  });
  for (const [id, sum] of sums) {
    if (gradients.get(id) !== sum) gradients.get(id)?.dispose();
    gradients.set(id, sum);
  }
}

function plus(soFar: Tensor, more: Tensor | undefined): Tensor {
  return more ? add(soFar, more) : soFar;
}

function forget(node: TapeNode): void {
  for (const saved of node.saved ?? []) saved.dispose();
  delete node.saved;
}

/** What tfjs keeps to itself; fixed by the exact pin. */
interface TapeRecorder {
  startTape(): void;
  endTape(): void;
  state: { activeTape: TapeNode[] | null };
}

/** Runs `run` with a tape of its own; an outer backward pass has put its tape away already. */
function recordTape(run: () => Tensor): { value: Tensor; tape: TapeNode[] } {
  const recorder = engine() as unknown as TapeRecorder;
  recorder.startTape();
  try {
    const value = tidy(run);
    return { value, tape: recorder.state.activeTape ?? [] };
  } finally {
    recorder.endTape();
    recorder.state.activeTape = null;
  }
}
