/** Kernels of the CPU engine that are one call over rows, columns or values. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { wasmBackend } from '../engine/wasm/engine.ts';
import type { Kernel, Signature } from './define-op.ts';
import { fromList, toList, type Named } from './named.ts';
import { at, matrixShape, sizeOf } from './shape.ts';

interface Call<I extends string, O extends string, A extends object> {
  /** In the module. */
  kernel: string;
  /** In the order of the kernel's pointers; the shape of the first is what it works on. */
  inputs: readonly I[];
  outputs: readonly O[];
  /** What it is given after its sizes. */
  numbers?: (attributes: A) => number[];
}

/** Row by row on tensors of one shape; the kernel gets pointers, rows and width. */
export function rowKernel<const I extends string, const O extends string, A extends object>(
  call: Call<I, O, A>,
): Kernel<Signature<I, O, A>> {
  return (inputs, attributes) => {
    const { shape, pointers, outputs } = prepare(call, inputs, (whole) => whole);
    const width = at(shape, shape.length - 1);
    const rows = sizeOf(shape) / width;
    run(call, [...pointers, rows, width], attributes, rows * width * 8);
    return outputs;
  };
}

/** Sums over the rows, [N, C] → [C]; the kernel gets pointers, rows and width. */
export function columnKernel<const I extends string, const O extends string, A extends object>(
  call: Call<I, O, A>,
): Kernel<Signature<I, O, A>> {
  return (inputs, attributes) => {
    const { shape, pointers, outputs } = prepare(call, inputs, ([, width]) => [width ?? 0]);
    const [rows, width] = matrixShape({ shape });
    run(call, [...pointers, rows, width], attributes, rows * width * 2);
    return outputs;
  };
}

/** Value by value; the kernel gets pointers and the number of values. */
export function valueKernel<const I extends string, const O extends string, A extends object>(
  call: Call<I, O, A>,
): Kernel<Signature<I, O, A>> {
  return (inputs, attributes) => {
    const { shape, pointers, outputs } = prepare(call, inputs, (whole) => whole);
    const size = sizeOf(shape);
    run(call, [...pointers, size], attributes, size * 16);
    return outputs;
  };
}

/** Makes the outputs and gets the pointers, 0 for an input that is not there. */
function prepare<I extends string, O extends string, A extends object>(
  { inputs: names, outputs: made }: Call<I, O, A>,
  inputs: Named<I, TensorInfo>,
  shapeOf: (shape: number[]) => number[],
) {
  const engine = wasmBackend();
  const given = toList(names, inputs);
  const { shape } = at(
    given.filter((info) => info !== undefined),
    0,
  );
  const fresh = made.map(() => engine.output([...shapeOf(shape)]));
  const pointers = [...given, ...fresh].map((info) => (info ? engine.pointer(info) : 0));
  return { shape, pointers, outputs: fromList(made, fresh) };
}

function run<I extends string, O extends string, A extends object>(
  { kernel, numbers }: Call<I, O, A>,
  args: readonly number[],
  attributes: A,
  work: number,
): void {
  wasmBackend().run(kernel, [...args, ...(numbers?.(attributes) ?? [])], work);
}
