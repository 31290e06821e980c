/** Attention with a cache on WebGPU: one program writes the cache in place, one attends. */
import { backend, type TensorInfo } from '@tensorflow/tfjs-core';
import type { BackendKernel } from '../register.ts';
import { runProgram } from '../wgsl-program.ts';
import type { CachedAttentionAttributes } from './cached-attention.ts';

export const cachedAttentionKernel: BackendKernel = ({ qkv, cache, lengths }, attributes) => {
  const shape = attributes as CachedAttentionAttributes;
  const { batch, time, capacity, heads, kvHeads, headDim, window, scale } = shape;
  const width = (heads + 2 * kvHeads) * headDim;
  const cached = 2 * kvHeads * headDim;
  const onGpu = backend() as unknown as { uploadToGPU(dataId: object): void };
  onGpu.uploadToGPU((cache as TensorInfo).dataId);
  const baked = { batch, time, capacity, heads, kvHeads, headDim, window, scale };
  runProgram(
    {
      name: 'cached-attention write',
      inputs: ['qkv', 'lengths'],
      outputShape: cache!.shape,
      baked,
      count: batch * time * cached,
      code: `fn main(index : i32) {
        if (index >= uniforms.count) { return; }
        let row = index / ${cached};
        let column = index % ${cached};
        let position = lengths[row / ${time}] + row % ${time};
        if (position < ${capacity}) {
          result[((row / ${time}) * ${capacity} + position) * ${cached} + column] =
            qkv[row * ${width} + ${heads * headDim} + column];
        }
      }`,
    },
    [qkv!, lengths!],
    cache,
  );
  // One invocation per query and head: the scores are computed twice rather than kept.
  return runProgram(
    {
      name: 'cached-attention read',
      inputs: ['qkv', 'cache', 'lengths'],
      outputShape: [batch * time, heads * headDim],
      baked,
      count: batch * time * heads,
      code: `
      fn score(query : i32, key : i32) -> f32 {
        var sum = 0.0;
        for (var d = 0; d < ${headDim}; d++) { sum += qkv[query + d] * cache[key + d]; }
        return sum * ${scale};
      }
      fn main(index : i32) {
        if (index >= uniforms.count) { return; }
        let row = index / ${heads};
        let head = index % ${heads};
        let b = row / ${time};
        let position = lengths[b] + row % ${time};
        let query = row * ${width} + head * ${headDim};
        let keys = b * ${capacity * cached} + (head * ${kvHeads} / ${heads}) * ${headDim};
        let out = index * ${headDim};
        for (var d = 0; d < ${headDim}; d++) { result[out + d] = 0.0; }
        if (position >= ${capacity}) { return; }
        let first = ${window > 0 ? `max(0, position - ${window} + 1)` : '0'};
        var largest = score(query, keys + first * ${cached});
        for (var s = first + 1; s <= position; s++) {
          largest = max(largest, score(query, keys + s * ${cached}));
        }
        var total = 0.0;
        for (var s = first; s <= position; s++) {
          let weight = exp(score(query, keys + s * ${cached}) - largest);
          total += weight;
          let value = keys + s * ${cached} + ${kvHeads * headDim};
          for (var d = 0; d < ${headDim}; d++) { result[out + d] += weight * cache[value + d]; }
        }
        for (var d = 0; d < ${headDim}; d++) { result[out + d] /= total; }
      }`,
    },
    [qkv!, cache!, lengths!],
  );
};
