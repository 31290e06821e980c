/** Runs a kernel case on the current backend and brings the outputs to the host. */
import { engine, setBackend, tensor, type NamedAttrMap, type Tensor } from '@tensorflow/tfjs-core';
import { attentionOp, type AttentionAttributes } from '../../src/ops/attention/attention.ts';
import type { KernelCase } from './cases.ts';

/** Outputs in order; the cache of cached attention, which is written in place, comes last. */
export async function runCase(testCase: KernelCase, backendName: string): Promise<Float32Array[]> {
  if (!(await setBackend(backendName))) throw new Error(`No backend ${backendName}.`);
  const inputs: Record<string, Tensor> = {};
  for (const [name, { values, shape, dtype }] of Object.entries(testCase.inputs)) {
    inputs[name] = tensor(values.slice(), shape, dtype);
  }
  // The backward kernel of attention reads what the forward kernel saved.
  if (testCase.kernel === 'IdiolectAttentionBackward') {
    const attributes = testCase.attributes as unknown as AttentionAttributes;
    Object.assign(inputs, attentionOp.run({ qkv: inputs['qkv']! }, attributes));
  }
  const result: unknown = engine().runKernel(
    testCase.kernel,
    inputs,
    testCase.attributes as unknown as NamedAttrMap,
  );
  const outputs = (Array.isArray(result) ? result : [result]) as Tensor[];
  const read =
    testCase.kernel === 'IdiolectCachedAttention' ? [...outputs, inputs['cache']!] : outputs;
  const values: Float32Array[] = [];
  for (const output of read) values.push(Float32Array.from(await output.data()));
  for (const tensorOf of [...outputs, ...Object.values(inputs)]) tensorOf.dispose();
  return values;
}

/** Largest difference relative to the largest expected value (at least 1e-3). */
export function relativeError(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let scale = 1e-3;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    scale = Math.max(scale, Math.abs(expected[i]!));
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (!(difference <= worst)) worst = difference;
  }
  return worst / scale;
}
