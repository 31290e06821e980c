/**
 * Gradients of the few stock tfjs ops that models and losses put on the tape beside ours.
 * tfjs-core registers none by itself, and its own set would pull every op into the worker.
 */
import {
  fill,
  mul,
  pad,
  registerGradient,
  reshape,
  slice,
  type NamedAttrMap,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { at } from './shape.ts';

let done = false;

/** Add and Multiply of equal shapes, Sum over everything, Reshape, Slice, Concat and Identity. */
export function registerStockGradients(): void {
  if (done) return;
  done = true;

  registerGradient({
    kernelName: 'Identity',
    gradFunc: (dy) => ({ x: () => (dy as Tensor).clone() }),
  });
  registerGradient({
    kernelName: 'Add',
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved) => {
      requireEqualShapes('Add', at(saved, 0), at(saved, 1));
      return { a: () => (dy as Tensor).clone(), b: () => (dy as Tensor).clone() };
    },
  });
  registerGradient({
    kernelName: 'Multiply',
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved) => {
      const [a, b] = [at(saved, 0), at(saved, 1)];
      requireEqualShapes('Multiply', a, b);
      return { a: () => mul(dy as Tensor, b), b: () => mul(dy as Tensor, a) };
    },
  });
  registerGradient({
    kernelName: 'Sum',
    inputsToSave: ['x'],
    gradFunc: (dy, saved) => {
      const { shape } = at(saved, 0);
      if ((dy as Tensor).size !== 1)
        throw new TypeError('Only a sum over everything has a gradient.');
      return { x: () => mul(fill(shape, 1), reshape(dy as Tensor, [])) };
    },
  });
  registerGradient({
    kernelName: 'Reshape',
    inputsToSave: ['x'],
    gradFunc: (dy, saved) => ({ x: () => reshape(dy as Tensor, at(saved, 0).shape) }),
  });
  registerGradient({
    kernelName: 'Slice',
    inputsToSave: ['x'],
    gradFunc: (dy, saved, attributes) => {
      const { shape } = at(saved, 0);
      const begin = (attributes as unknown as { begin: number[] }).begin;
      const size = (dy as Tensor).shape;
      const paddings = begin.map((start, i): [number, number] => [
        start,
        at(shape, i) - start - at(size, i),
      ]);
      return { x: () => pad(dy as Tensor, paddings) };
    },
  });
  registerGradient({
    kernelName: 'Concat',
    saveAllInputs: true,
    gradFunc: (dy, inputs, attributes: NamedAttrMap) => {
      const axis = attributes['axis'] as number;
      let offset = 0;
      const pieces = inputs.map(({ shape }) => {
        const begin = shape.map((_, i) => (i === axis ? offset : 0));
        offset += at(shape, axis);
        return () => slice(dy as Tensor, begin, shape);
      });
      return pieces as unknown as Record<string, () => Tensor>;
    },
  });
}

function requireEqualShapes(name: string, a: Tensor, b: Tensor): void {
  if (a.shape.join() !== b.shape.join()) {
    throw new TypeError(
      `${name} on the tape needs equal shapes, got ${a.shape.join('×')} and ${b.shape.join('×')}.`,
    );
  }
}
