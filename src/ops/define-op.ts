/**
 * An op in one place: what goes in and comes out, the plain reference, the kernels of the engines
 * and the gradient. `run` is the kernel of the backend in use alone, `apply` puts it on the tape.
 */
import {
  engine,
  tidy,
  type NamedTensorMap,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { flat, fromFlat, fromList, pick, toList, type AnyNamed, type Named } from './named.ts';
import { taped, type Thunk } from './tape.ts';

/** Names of the inputs and outputs, see `Named`, and what else a kernel is given. */
export interface Signature<
  Inputs extends string,
  Outputs extends string,
  Attributes extends object = object,
> {
  inputs: Inputs;
  outputs: Outputs;
  attributes: Attributes;
}

type AnySignature = Signature<string, string>;

/** The op on one backend, which makes its outputs itself and disposes whatever else it makes. */
export type Kernel<S extends AnySignature> = (
  inputs: Named<S['inputs'], TensorInfo>,
  attributes: S['attributes'],
) => Named<S['outputs'], TensorInfo>;

/** The op from stock tfjs ops, within a tidy: runs everywhere and is the oracle of its tests. */
export type Reference<S extends AnySignature> = (
  inputs: Named<S['inputs'], Tensor>,
  attributes: S['attributes'],
) => Named<S['outputs'], Tensor>;

/** A thunk for each input that may be differentiated, a list of them for a list. */
export type Gradients<Inputs extends string> = {
  [K in Inputs as K extends `${infer Base}?` ? Base : K extends `${string}*` ? never : K]?: Thunk;
} & { [K in Inputs as K extends `${infer Base}*` ? Base : never]?: readonly Thunk[] };

export interface BackwardCall<Saved extends string, Attributes extends object> {
  /** Gradient of the first output. */
  dy: Tensor;
  saved: Named<Saved, Tensor>;
  attributes: Attributes;
}

export interface OpDefinition<
  I extends string,
  O extends string,
  A extends object,
  R extends O,
  S extends I | O,
> {
  /** Among all kernels of tfjs. */
  name: string;
  inputs: readonly I[];
  /** What the kernel gives, in this order. Only the first may be differentiated. */
  outputs: readonly O[];
  /** Those a caller of `apply` gets; the others are for `backward` alone. All when absent. */
  results?: readonly R[];
  reference: Reference<Signature<NoInfer<I>, NoInfer<O>, A>>;
  /** On the CPU engine; the reference when absent. */
  wasm?: Kernel<Signature<NoInfer<I>, NoInfer<O>, NoInfer<A>>>;
  /** On WebGPU; the reference when absent. */
  webgpu?: Kernel<Signature<NoInfer<I>, NoInfer<O>, NoInfer<A>>>;
  /** Inputs and outputs that `backward` reads: nothing else is there by then. */
  saved?: readonly S[];
  /** Absent: the op is not differentiable. */
  backward?: (call: BackwardCall<NoInfer<S>, NoInfer<A>>) => Gradients<NoInfer<I>>;
}

/** The attributes may be left out when there are none. */
type AttributesOf<A extends object> = object extends A ? [attributes?: A] : [attributes: A];

export class Op<I extends string, O extends string, A extends object, R extends O> {
  readonly #definition: OpDefinition<I, O, A, R, I | O>;

  constructor(definition: OpDefinition<I, O, A, R, I | O>) {
    this.#definition = definition;
  }

  get name(): string {
    return this.#definition.name;
  }

  /** Runs the kernel of the backend in use; nothing is recorded. */
  run(inputs: Named<I, Tensor>, ...[attributes]: AttributesOf<A>): Named<O, Tensor> {
    const { name, outputs } = this.#definition;
    const tensors = flat(inputs as AnyNamed<Tensor>) as NamedTensorMap;
    const result: unknown = engine().runKernel(name, tensors, attributes ?? {});
    return fromList(outputs, result as Tensor[]);
  }

  /** As `run`, on the tape: differentiable in the inputs that `backward` names. */
  apply(inputs: Named<I, Tensor>, ...rest: AttributesOf<A>): Named<R, Tensor> {
    const { name, outputs, results, saved = [], backward } = this.#definition;
    const wanted = results ?? (outputs as readonly string[] as readonly R[]);
    const attributes = (rest[0] ?? {}) as A;
    const list = taped(
      inputs as AnyNamed<Tensor>,
      () => {
        const all = { ...inputs, ...this.run(inputs, ...rest) } as Named<I | O, Tensor>;
        return {
          outputs: toList(wanted, all as Named<R, Tensor>).filter(isThere),
          saved: pick(saved, all),
        };
      },
      (dy, kept) => {
        if (!backward) throw new TypeError(`${name} is not differentiable.`);
        return backward({ dy, saved: kept, attributes });
      },
    );
    return fromList(wanted, list);
  }

  /** The op as tfjs registers it for a backend. */
  kernelOn(backendName: string) {
    const { name, inputs: names, outputs, reference, wasm, webgpu } = this.#definition;
    const kernels: Partial<Record<string, typeof wasm>> = { wasm, webgpu };
    const kernel = kernels[backendName];
    return (inputs: Record<string, TensorInfo>, attributes: A): TensorInfo[] => {
      if (kernel) {
        return toList(outputs, kernel(fromFlat(name, names, inputs), attributes)).filter(isThere);
      }
      const tensors = inputs as Record<string, Tensor>;
      return tidy(() =>
        toList(outputs, reference(fromFlat(name, names, tensors), attributes)).filter(isThere),
      );
    };
  }
}

/** Names, attributes and gradients are checked against each other and against every kernel. */
export function defineOp<
  const I extends string,
  const O extends string,
  A extends object,
  const R extends O = O,
  const S extends I | O = never,
>(definition: OpDefinition<I, O, A, R, S>): Op<I, O, A, R> {
  return new Op(definition);
}

function isThere<T>(value: T | undefined): value is T {
  return value !== undefined;
}
