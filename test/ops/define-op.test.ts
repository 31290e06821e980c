/** How an op is defined: names of its tensors, their types, and what is put on the tape. */
import '@tensorflow/tfjs-backend-cpu';
import {
  add,
  memory,
  mul,
  registerKernel,
  setBackend,
  sum,
  tensor,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { backward } from '../../src/ops/backward.ts';
import { defineOp, type Reference, type Signature } from '../../src/ops/define-op.ts';
import { flat, fromFlat, fromList, toList } from '../../src/ops/named.ts';
import { registerOps } from '../../src/ops/register.ts';
import { at, matrixShape } from '../../src/ops/shape.ts';

type Scale = Signature<'x' | 'shift?' | 'more*', 'y' | 'doubled?', { factor: number }>;

/** y = factor · x + shift + Σ more; doubled = 2y only where the factor is 2. */
const reference: Reference<Scale> = ({ x, shift, more }, { factor }) => {
  let y: Tensor = mul(x, factor);
  for (const tensorOf of [shift, ...more]) if (tensorOf) y = add(y, tensorOf);
  return factor === 2 ? { y, doubled: mul(y, 2) } : { y };
};

const scale = defineOp({
  name: 'TestScale',
  inputs: ['x', 'shift?', 'more*'],
  outputs: ['y', 'doubled?'],
  results: ['y'],
  reference,
  saved: ['x', 'doubled?'],
  backward: ({ dy, saved, attributes }) => ({
    x: () => mul(dy, attributes.factor),
    shift: () => saved.doubled && dy.clone(),
    more: [() => dy.clone(), () => dy.clone()],
  }),
});

// What the compiler must refuse.
export const refused = [
  // @ts-expect-error an input is missing
  () => scale.run({ more: [] }, { factor: 1 }),
  // @ts-expect-error no such input
  (x: Tensor) => scale.run({ x, more: [], gamma: x }, { factor: 1 }),
  // @ts-expect-error attributes are missing
  (x: Tensor) => scale.run({ x, more: [] }),
  // @ts-expect-error only results come from the tape
  (x: Tensor): unknown => scale.apply({ x, more: [] }, { factor: 1 }).doubled,
  () =>
    defineOp({
      name: 'TestOther',
      inputs: ['x', 'shift?'],
      outputs: ['y', 'doubled?'],
      // @ts-expect-error the reference reads an input that is not declared
      reference,
    }),
  () =>
    defineOp({
      name: 'TestOther',
      inputs: ['x', 'shift?', 'more*'],
      outputs: ['y', 'doubled?'],
      reference,
      saved: ['x'],
      // @ts-expect-error the gradient reads a tensor that is not saved
      backward: ({ saved }) => ({ x: () => saved.shift as Tensor }),
    }),
];

const vector = (...values: number[]) => tensor(values);

beforeAll(async () => {
  await setBackend('cpu');
  registerOps('cpu');
  const kernel = scale.kernelOn('cpu');
  registerKernel({
    kernelName: scale.name,
    backendName: 'cpu',
    kernelFunc: ({ inputs, attrs }) => kernel(inputs as never, attrs as never),
  });
});

describe('names', () => {
  it('make flat records with a number for each tensor of a list, and back', () => {
    const values = { x: { id: 1 }, bias: undefined, w: [{ id: 2 }, { id: 3 }] };
    const record = flat(values);
    expect(record).toEqual({ x: { id: 1 }, w0: { id: 2 }, w1: { id: 3 } });
    expect(fromFlat('op', ['x', 'bias?', 'w*'], record)).toEqual({
      x: { id: 1 },
      w: [{ id: 2 }, { id: 3 }],
    });
  });

  it('make lists in their order; the last may take the rest', () => {
    const [a, b, c] = [{ id: 1 }, { id: 2 }, { id: 3 }];
    expect(toList(['a', 'b?', 'c*'], { a, c: [b, c] })).toEqual([a, undefined, b, c]);
    expect(fromList(['a', 'c*'], [a, b, c])).toEqual({ a, c: [b, c] });
    expect(fromList(['a', 'b?'], [a])).toEqual({ a });
  });

  it('say what is missing', () => {
    expect(() => fromFlat('op', ['x', 'y'], { x: {} })).toThrow('op: y is missing.');
  });
});

describe('an op', () => {
  it('runs with and without what may be left out', async () => {
    const x = vector(1, 2);
    const plain = scale.run({ x, more: [] }, { factor: 3 });
    expect([...(await plain.y.data())]).toEqual([3, 6]);
    expect(plain.doubled).toBeUndefined();
    const all = scale.run({ x, shift: x, more: [x, x] }, { factor: 2 });
    expect([...(await all.y.data())]).toEqual([5, 10]);
    expect([...((await all.doubled?.data()) ?? [])]).toEqual([10, 20]);
    for (const tensor of [x, plain.y, all.y, all.doubled]) tensor?.dispose();
  });

  it('is on the tape with the gradients it names, and leaves nothing behind', async () => {
    const [x, shift, first, second] = [vector(1, 2), vector(3, 4), vector(5, 6), vector(7, 8)];
    const before = memory().numTensors;
    const run = (factor: number) =>
      backward(
        () => sum(scale.apply({ x, shift, more: [first, second] }, { factor }).y),
        [x, shift, first, second],
      );
    const two = run(2);
    expect(two.gradients.map((gradient) => gradient && gradient.shape)).toEqual([
      [2],
      [2],
      [2],
      [2],
    ]);
    expect([...(await at(two.gradients, 0).data())]).toEqual([2, 2]);
    // Without `doubled` there is nothing to say of the shift.
    const three = run(3);
    expect(three.gradients[1]).toBeUndefined();
    for (const { value, gradients } of [two, three]) {
      value.dispose();
      for (const gradient of gradients) gradient?.dispose();
    }
    expect(memory().numTensors).toBe(before);
  });

  it('without a gradient says so when it is asked for one', () => {
    const plain = defineOp({
      name: scale.name,
      inputs: ['x', 'shift?', 'more*'],
      outputs: ['y', 'doubled?'],
      reference,
    });
    const x = vector(1);
    expect(() => backward(() => sum(plain.apply({ x, more: [] }, { factor: 1 }).y), [x])).toThrow(
      'TestScale is not differentiable.',
    );
  });
});

describe('shapes', () => {
  it('are refused where they are not what is needed', () => {
    expect(matrixShape({ shape: [2, 3] })).toEqual([2, 3]);
    expect(() => matrixShape({ shape: [2, 3, 4] })).toThrow('Expected a matrix');
    expect(() => at([1, 2], 2)).toThrow('No item 2 in a list of 2.');
  });
});
