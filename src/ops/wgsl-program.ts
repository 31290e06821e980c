/**
 * A compute program as data. Its text is a function of one object, the *baked* values, and the
 * pipeline's key is made from that same object: what is not in the key cannot get into the text.
 * What changes from call to call goes into uniforms.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { record, tfjsWebGpu } from '../engine/webgpu/tfjs-stream.ts';
import { flat, type AnyNamed } from './named.ts';
import { MAX_GROUPS } from './wgsl-entry.ts';
import {
  orderedUniforms,
  packUniforms,
  programText,
  type Source,
  type UniformType,
} from './wgsl-text.ts';

export type Baked = Readonly<Record<string, string | number | boolean>>;

/**
 * The variants whose text is committed for review, in test/ops/wgsl: all that differ in more than a
 * number. A program without baked values has one.
 */
export type Variants<B extends Baked> = Record<string, B>;

/** A program as it was declared, for who wants its text. */
export interface DefinedProgram {
  name: string;
  /** Variant → its key as a comment, and its text. */
  texts(): Record<string, string>;
}

/** Every program of the modules that were loaded. */
export const definedPrograms: DefinedProgram[] = [];

export interface Call {
  outputs: Record<string, TensorInfo>;
  /** Those that the text does not declare are passed over; a list w is its w0, w1, …. */
  inputs: AnyNamed<TensorInfo>;
  uniforms: Record<string, number | readonly number[]>;
  groups: readonly [number, number, number];
}

type Run<B extends Baked> = (baked: B, call: Call) => void;

/**
 * Declares a program; calling the result records one dispatch on the active WebGPU backend.
 * `source` must be a pure function of `baked`.
 */
export function defineProgram(name: string, source: () => Source): Run<Record<string, never>>;
export function defineProgram<B extends Baked>(
  name: string,
  variants: Variants<B>,
  source: (baked: B) => Source,
): Run<B>;
export function defineProgram(
  name: string,
  ...rest: [source: () => Source] | [variants: Variants<Baked>, source: (baked: Baked) => Source]
): Run<Baked> {
  const [variants, source] = rest.length === 1 ? [{ '': {} }, rest[0]] : rest;
  definedPrograms.push({
    name,
    texts() {
      const texts = Object.entries(variants).map(([variant, baked]): [string, string] => [
        variant,
        `// ${programKey(name, baked)}\n${programText(source(baked))}`,
      ]);
      return Object.fromEntries(texts);
    },
  });
  return (baked, { outputs, inputs, uniforms, groups }) => {
    const compiled = compile(tfjsWebGpu().device, programKey(name, baked), () => source(baked));
    if (groups.some((count) => count > MAX_GROUPS)) {
      throw new RangeError(`${name}: ${groups.join(' × ')} groups are more than WebGPU allows.`);
    }
    const pick = (from: Record<string, TensorInfo>, names: readonly string[]) =>
      names.map((tensor) => {
        const info = from[tensor];
        if (info === undefined) throw new TypeError(`${name}: tensor ${tensor} is missing.`);
        return info;
      });
    record({
      pipeline: compiled.pipeline,
      layout: compiled.layout,
      outputs: pick(outputs, compiled.outputs),
      inputs: pick(flat(inputs), compiled.inputs),
      uniforms: packUniforms(compiled.uniforms, uniforms),
      groups,
    });
  };
}

/** The key of a pipeline: the program's name and every baked value, in one order. */
export function programKey(name: string, baked: Baked): string {
  return `${name} ${JSON.stringify(Object.entries(baked).sort(([a], [b]) => (a < b ? -1 : 1)))}`;
}

interface Compiled {
  pipeline: GPUComputePipeline;
  layout: GPUBindGroupLayout;
  outputs: string[];
  inputs: string[];
  uniforms: [string, UniformType][];
}

const compiledByDevice = new WeakMap<GPUDevice, Map<string, Compiled>>();

function compile(device: GPUDevice, key: string, source: () => Source): Compiled {
  const byKey = compiledByDevice.get(device) ?? new Map<string, Compiled>();
  compiledByDevice.set(device, byKey);
  const known = byKey.get(key);
  if (known) return known;
  const text = source();
  const outputs = Object.keys(text.outputs);
  const inputs = Object.keys(text.inputs);
  const uniforms = orderedUniforms(text.uniforms);
  // Explicit, since an inferred layout drops bindings that a variant of the text does not use.
  const types: GPUBufferBindingType[] = [
    ...outputs.map(() => 'storage' as const),
    ...inputs.map(() => 'read-only-storage' as const),
    'uniform',
  ];
  const layout = device.createBindGroupLayout({
    label: key,
    entries: types.map((type, binding) => ({ binding, visibility: 4, buffer: { type } })),
  });
  const pipeline = device.createComputePipeline({
    label: key,
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: {
      module: device.createShaderModule({ label: key, code: programText(text) }),
      entryPoint: 'main',
    },
  });
  const compiled = { pipeline, layout, outputs, inputs, uniforms };
  byKey.set(key, compiled);
  return compiled;
}
