/**
 * Weights and tokens that every contender makes for itself and gets bit for bit alike: a counter
 * hashed in 32-bit arithmetic (pytorch_bench.py has the same lines).
 */
import type { Shape } from './workloads.ts';

export const LORA_RANK = 8;
export const LORA_SCALE = 2;
export const LEARNING_RATE = 1e-3;
export const ADAM_EPSILON = 1e-8;
export const NORM_EPSILON = 1e-5;
export const ROPE_THETA = 10_000;

export interface NamedShape {
  name: string;
  shape: number[];
}

/** The linear layers of one block: leaf name, outputs, inputs. */
export function linearsOf(shape: Shape): { path: string; out: number; in: number }[] {
  const { width, heads, kvHeads, headDim, feedForward } = shape;
  return [
    { path: 'self_attn.q_proj', out: heads * headDim, in: width },
    { path: 'self_attn.k_proj', out: kvHeads * headDim, in: width },
    { path: 'self_attn.v_proj', out: kvHeads * headDim, in: width },
    { path: 'self_attn.o_proj', out: width, in: heads * headDim },
    { path: 'mlp.gate_proj', out: feedForward, in: width },
    { path: 'mlp.up_proj', out: feedForward, in: width },
    { path: 'mlp.down_proj', out: width, in: feedForward },
  ];
}

/** Every tensor of the checkpoint, by its Hugging Face name. */
export function tensorsOf(shape: Shape): NamedShape[] {
  const { layers, width, vocabSize } = shape;
  const list: NamedShape[] = [{ name: 'model.embed_tokens.weight', shape: [vocabSize, width] }];
  for (let i = 0; i < layers; i++) {
    const layer = `model.layers.${i}`;
    list.push({ name: `${layer}.input_layernorm.weight`, shape: [width] });
    list.push({ name: `${layer}.post_attention_layernorm.weight`, shape: [width] });
    for (const { path, out, in: columns } of linearsOf(shape)) {
      list.push({ name: `${layer}.${path}.weight`, shape: [out, columns] });
    }
  }
  return [...list, { name: 'model.norm.weight', shape: [width] }];
}

/** Values of one tensor of the checkpoint; norms are 1, the rest uniform. */
export function weightValues({ name, shape }: NamedShape, format: Shape['format']): Float32Array {
  const size = shape.reduce((a, b) => a * b, 1);
  if (shape.length === 1) return new Float32Array(size).fill(1);
  const deviation = name.includes('embed_tokens') ? 0.05 : 1 / Math.sqrt(shape[1]!);
  const values = uniform(name, size, deviation * Math.sqrt(3));
  if (format === 'bf16') {
    const bits = new Uint32Array(values.buffer);
    for (let i = 0; i < size; i++) bits[i]! &= 0xffff0000;
  }
  return values;
}

/** A [R, in] and B [out, R] of one adapted layer; B is not zero, so that both have gradients. */
export function loraValues(path: string, out: number, columns: number) {
  return {
    a: uniform(`${path}.lora_A`, LORA_RANK * columns, 1 / Math.sqrt(columns)),
    b: uniform(`${path}.lora_B`, out * LORA_RANK, 0.01),
  };
}

/** `batch` sequences of `time` token ids, row by row; the next one is what each predicts. */
export function tokenIds(vocabSize: number, batch: number, time: number): Int32Array {
  const seed = seedOf('tokens');
  return Int32Array.from({ length: batch * time }, (_, i) => hash(seed + i) % vocabSize);
}

/** Uniform in ±bound. */
function uniform(name: string, size: number, bound: number): Float32Array {
  const seed = seedOf(name);
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) values[i] = ((hash(seed + i) / 2 ** 32) * 2 - 1) * bound;
  return values;
}

/** 32 bits that look random, from 32 bits that count. */
function hash(counter: number): number {
  let x = counter >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** FNV-1a. */
function seedOf(name: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    value = Math.imul(value ^ name.charCodeAt(i), 0x01000193) >>> 0;
  }
  return value;
}
