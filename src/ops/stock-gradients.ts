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

  register('Identity', [], (dy) => ({ x: () => dy.clone() }));
  register('Add', ['a', 'b'], (dy, saved) => {
    requireEqualShapes('Add', at(saved, 0), at(saved, 1));
    return { a: () => dy.clone(), b: () => dy.clone() };
  });
  register('Multiply', ['a', 'b'], (dy, saved) => {
    const [a, b] = [at(saved, 0), at(saved, 1)];
    requireEqualShapes('Multiply', a, b);
    return { a: () => mul(dy, b), b: () => mul(dy, a) };
  });
  register('Sum', ['x'], (dy, saved) => {
    const { shape } = at(saved, 0);
    if (dy.size !== 1) throw new TypeError('Only a sum over everything has a gradient.');
    return { x: () => mul(fill(shape, 1), reshape(dy, [])) };
  });
  register('Reshape', ['x'], (dy, saved) => ({ x: () => reshape(dy, at(saved, 0).shape) }));
  register('Slice', ['x'], (dy, saved, attributes) => {
    const { shape } = at(saved, 0);
    const begin = attributes['begin'] as number[];
    const paddings = begin.map((start, i): [number, number] => [
      start,
      at(shape, i) - start - at(dy.shape, i),
    ]);
    return { x: () => pad(dy, paddings) };
  });
  register('Concat', 'all', (dy, inputs, attributes) => {
    const axis = attributes['axis'] as number;
    let offset = 0;
    const gradients = inputs.map(({ shape }, index): [string, () => Tensor] => {
      const begin = shape.map((_, i) => (i === axis ? offset : 0));
      offset += at(shape, axis);
      return [String(index), () => slice(dy, begin, shape)];
    });
    return Object.fromEntries(gradients);
  });
}

function register(
  kernelName: string,
  saved: string[] | 'all',
  gradient: (dy: Tensor, saved: Tensor[], attributes: NamedAttrMap) => Record<string, () => Tensor>,
): void {
  registerGradient({
    kernelName,
    ...(saved === 'all' ? { saveAllInputs: true } : { inputsToSave: saved }),
    // All of these have one output.
    gradFunc: (dy, tensors, attributes) => gradient(dy as Tensor, tensors, attributes),
  });
}

function requireEqualShapes(name: string, a: Tensor, b: Tensor): void {
  if (a.shape.join() !== b.shape.join()) {
    throw new TypeError(
      `${name} on the tape needs equal shapes, got ${a.shape.join('×')} and ${b.shape.join('×')}.`,
    );
  }
}
