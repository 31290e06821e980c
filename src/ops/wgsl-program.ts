/**
 * A compute program for tfjs's WebGPU backend. The pipeline cache asks only for `shaderKey`, so the
 * key is made here from every value that is baked into the text and cannot be forgotten.
 */
import { backend, type TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';

export interface Program {
  name: string;
  /** Names of the inputs in the shader, in order. */
  inputs: readonly string[];
  outputShape: number[];
  /** Everything that the text below depends on. */
  baked: Readonly<Record<string, string | number | boolean>>;
  /**
   * The body: `fn main(index : i32) { … }`. It must return when index ≥ uniforms.count: the last
   * group reaches over the end.
   */
  code: string;
  /** Invocations. */
  count: number;
}

const GROUP = 64;
const MAX_GROUPS = 65_535;

/** Runs a program over one index per invocation and returns its output, or writes into `target`. */
export function runProgram(
  { name, inputs, outputShape, baked, code, count }: Program,
  tensors: readonly TensorInfo[],
  target?: TensorInfo,
): TensorInfo {
  const groups = Math.ceil(count / GROUP);
  const across = Math.min(groups, MAX_GROUPS);
  const program = {
    variableNames: [...inputs],
    outputShape,
    shaderKey: `${name} ${JSON.stringify(baked)}`,
    uniforms: 'count : i32,',
    dispatchLayout: { x: [0] },
    dispatch: [across, Math.ceil(groups / across), 1] as [number, number, number],
    workgroupSize: [GROUP, 1, 1] as [number, number, number],
    getUserCode: () => code,
  };
  const webgpu = backend() as unknown as WebGPUBackend;
  const uniforms = [{ type: 'int32', data: [count] }];
  return webgpu.runWebGPUProgram(program, [...tensors] as never, 'float32', uniforms, target);
}
