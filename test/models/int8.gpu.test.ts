/** Models in int8 on WebGPU: exact but for the order of sums. */
import { beforeAll, expect, it } from 'vitest';
import { bytesSource } from '../../src/storage/byte-source.ts';
import { readModelFiles } from '../../src/storage/model-files.ts';
import { gpuProblems, useWebGpu } from '../support/webgpu.ts';
import { int8Errors } from './int8.ts';

beforeAll(useWebGpu);

it('computes with int8 what it computes with the same weights in float32', async () => {
  const names = ['config.json', 'model.safetensors'];
  const files = names.map(async (name) => {
    const response = await fetch(`/models/idiolect-a/${name}`);
    return [name, bytesSource(name, new Uint8Array(await response.arrayBuffer()))] as const;
  });
  const opened = await readModelFiles({
    id: 'idiolect-a',
    files: new Map(await Promise.all(files)),
  });
  const errors = await int8Errors(opened);
  expect(errors.format).toBe('int8');
  expect(errors.losses).toBeLessThan(1e-5);
  expect(errors.gradients).toBeLessThan(1e-5);
  expect(errors.rounding).toBeGreaterThan(1e-4);
  expect(errors.rounding).toBeLessThan(0.1);
  expect(gpuProblems).toEqual([]);
});
