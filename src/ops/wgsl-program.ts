/**
 * A compute program as data. Its text is a function of one object, the *baked* values, and the
 * pipeline's key is made from that same object: what is not in the key cannot get into the text.
 * What changes from call to call goes into uniforms.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { record, tfjsWebGpu } from '../engine/webgpu/tfjs-stream.ts';
import { flat, type AnyNamed } from './named.ts';

export type Baked = Readonly<Record<string, string | number | boolean>>;
export type UniformType = 'i32' | 'u32' | 'f32' | VectorList;
/** A list of four integers each; may be given shorter than it is. */
type VectorList = `array<vec4<i32>, ${number}>`;

/** WGSL that depends on nothing but the baked values. */
export interface Source {
  /** Name → element type in WGSL, written or read and written: "f32", "vec4<f32>". */
  outputs: Record<string, string>;
  /** Name → element type, only read. */
  inputs: Record<string, string>;
  uniforms: Record<string, UniformType>;
  /** Declarations and the entry point `main`; reads `uniforms.<name>`. */
  code: string;
}

export interface Call {
  outputs: Record<string, TensorInfo>;
  /** Those that the text does not declare are passed over; a list w is its w0, w1, …. */
  inputs: AnyNamed<TensorInfo>;
  uniforms: Record<string, number | readonly number[]>;
  groups: readonly [number, number, number];
}

/** The usual size of a workgroup: two subgroups of most processors, allowed everywhere. */
export const GROUP = 64;
const MAX_GROUPS = 65_535;

/**
 * Declares a program; calling the result records one dispatch on the active WebGPU backend.
 * `source` must be a pure function of `baked`.
 */
export function defineProgram<B extends Baked>(
  name: string,
  source: (baked: B) => Source,
): (baked: B, call: Call) => void {
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
  const own = source();
  const outputs = Object.keys(own.outputs);
  const inputs = Object.keys(own.inputs);
  const uniforms = orderedUniforms(own.uniforms);
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
      module: device.createShaderModule({ label: key, code: programText(own) }),
      entryPoint: 'main',
    },
  });
  const compiled = { pipeline, layout, outputs, inputs, uniforms };
  byKey.set(key, compiled);
  return compiled;
}

/** The whole WGSL: bindings, the uniform struct, the code. */
export function programText({ outputs, inputs, uniforms, code }: Source): string {
  const fields = orderedUniforms(uniforms).map(([name, type]) => `  ${name} : ${type},`);
  const bindings = [
    ...Object.entries(outputs).map(([name, type]) => [name, `read_write> ${name}`, type]),
    ...Object.entries(inputs).map(([name, type]) => [name, `read> ${name}`, type]),
  ].map(
    ([, access, type], index) =>
      `@group(0) @binding(${index}) var<storage, ${access} : array<${type}>;`,
  );
  // Directives come first in a module. That all invocations of a subgroup take the same way to where
  // they read for each other follows from shapes, which the compiler cannot see.
  const directives = 'enable subgroups;\ndiagnostic(off, subgroup_uniformity);\n';
  return `${/\bsubgroup[A-Z]/.test(code) ? directives : ''}struct Uniforms {
${fields.join('\n')}
}
${bindings.join('\n')}
@group(0) @binding(${bindings.length}) var<uniform> uniforms : Uniforms;
${code}`;
}

/** Lists first: then every field is aligned without gaps. */
function orderedUniforms(uniforms: Record<string, UniformType>): [string, UniformType][] {
  const all = Object.entries(uniforms);
  const isList = ([, type]: [string, UniformType]) => wordsOf(type) > 1;
  return [...all.filter(isList), ...all.filter((field) => !isList(field))];
}

function wordsOf(type: UniformType): number {
  return type.startsWith('array') ? 4 * Number(/(\d+)>$/.exec(type)?.[1]) : 1;
}

function packUniforms(
  fields: readonly [string, UniformType][],
  values: Record<string, number | readonly number[]>,
): ArrayBuffer {
  const words = fields.reduce((sum, [, type]) => sum + wordsOf(type), 0);
  const bytes = new ArrayBuffer(Math.ceil(words / 4) * 16);
  const view = new DataView(bytes);
  let start = 0;
  for (const [name, type] of fields) {
    const value = values[name];
    if (value === undefined) throw new TypeError(`Uniform ${name} is missing.`);
    (typeof value === 'number' ? [value] : value).forEach((one, i) => {
      const at = start + 4 * i;
      if (type === 'f32') view.setFloat32(at, one, true);
      else if (type === 'u32') view.setUint32(at, one, true);
      else view.setInt32(at, one, true);
    });
    start += 4 * wordsOf(type);
  }
  return bytes;
}

/**
 * Groups for `count` units of one group each, spread over x and y; the program must guard, since
 * the last line of groups reaches over the end.
 */
export function spread(count: number): [number, number, number] {
  const across = Math.min(count, MAX_GROUPS);
  return [across, Math.ceil(count / across), 1];
}

/** Groups for one invocation per value, for `perValue`. */
export function groupsFor(values: number): [number, number, number] {
  return spread(Math.ceil(values / GROUP));
}

/** An entry point that runs `body` once for each `index` below `uniforms.count`. */
export function perValue(body: string): string {
  return `@compute @workgroup_size(${GROUP})
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>,
        @builtin(local_invocation_index) lane : u32) {
  let index = i32((group.y * groups.x + group.x) * ${GROUP}u + lane);
  if (index >= uniforms.count) { return; }
${body}
}`;
}

/**
 * An entry point that runs `body` for each `row` below `uniforms.rows`, by a whole group; `lane` is
 * the invocation within the group. The row is the same for all of them, so barriers are allowed. Of
 * width 1, see `rowLanes`, neighbors have rows of their own and barriers are not.
 */
export function perRow(body: string, width = GROUP): string {
  const size = width === 1 ? GROUP : width;
  const group = '(group.y * groups.x + group.x)';
  const row = width === 1 ? `${group} * ${GROUP}u + invocation` : group;
  return `@compute @workgroup_size(${size})
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>,
        @builtin(local_invocation_index) invocation : u32) {
  let row = i32(${row});
  let lane = ${width === 1 ? '0' : 'i32(invocation)'};
  if (row >= uniforms.rows) { return; }
${body}
}`;
}

/** Groups for `perRow`. */
export function rowGroups(rows: number, width: number): [number, number, number] {
  return width === 1 ? groupsFor(rows) : spread(rows);
}

/** `name(value, lane)`: the value of all lanes combined, in a fixed order, known to every lane. */
export function reduction(
  name: string,
  type: string,
  combine: (a: string, b: string) => string,
  width = GROUP,
): string {
  if (width === 1) return `fn ${name}(value : ${type}, lane : i32) -> ${type} { return value; }`;
  return `var<workgroup> ${name}Slots : array<${type}, ${width}>;
fn ${name}(value : ${type}, lane : i32) -> ${type} {
  ${name}Slots[lane] = value;
  workgroupBarrier();
  for (var step = ${width / 2}; step > 0; step /= 2) {
    if (lane < step) {
      ${name}Slots[lane] = ${combine(`${name}Slots[lane]`, `${name}Slots[lane + step]`)};
    }
    workgroupBarrier();
  }
  let combined = ${name}Slots[0];
  workgroupBarrier();
  return combined;
}`;
}

export function sumReduction(name: string, width = GROUP): string {
  return reduction(name, 'f32', (a, b) => `${a} + ${b}`, width);
}
