import { afterEach, describe, expect, it, vi } from 'vitest';
import { provideNodeGpu } from '../../src/cli/node-gpu.ts';
import { openDevice } from '../../src/engine/webgpu/device.ts';
import { GpuUnavailableError } from '../../src/errors.ts';

/** As the package `webgpu`, with this adapter. */
function dawn(adapter: object | null): () => Promise<object> {
  const gpu = { requestAdapter: () => Promise.resolve(adapter) };
  return () => Promise.resolve({ create: () => gpu, globals: { GPUOfTheTest: 1 } });
}

afterEach(() => void vi.unstubAllGlobals());

describe('WebGPU in Node', () => {
  it('is where a browser has it', async () => {
    vi.stubGlobal('navigator', undefined);
    vi.stubGlobal('GPUOfTheTest', undefined);
    const info = { vendor: 'x', architecture: '', device: '', description: '' };
    const requestDevice = () => Promise.resolve({});
    await provideNodeGpu(dawn({ info, features: new Set(), limits: {}, requestDevice }));
    expect(Reflect.get(globalThis, 'GPUOfTheTest')).toBe(1);
    expect((await openDevice(navigator.gpu, false)).info.vendor).toBe('x');
  });

  it('leaves the rest of a navigator as it is', async () => {
    const existing = { hardwareConcurrency: 3 };
    vi.stubGlobal('navigator', existing);
    await provideNodeGpu(dawn({}));
    expect(navigator.hardwareConcurrency).toBe(3);
    expect(navigator.gpu).toBeDefined();
  });

  it('says how to install the package', async () => {
    const missing = Object.assign(new Error('no'), { code: 'ERR_MODULE_NOT_FOUND' });
    const provided = provideNodeGpu(() => Promise.reject(missing));
    await expect(provided).rejects.toBeInstanceOf(GpuUnavailableError);
    await expect(provided).rejects.toThrow('npm install --no-save webgpu@');
  });

  it('says why the package does not load, and what a driver takes', async () => {
    const broken = provideNodeGpu(() => Promise.reject(new Error('no build for this processor')));
    await expect(broken).rejects.toThrow('no build for this processor');
    await expect(provideNodeGpu(dawn(null))).rejects.toThrow('VK_DRIVER_FILES');
  });
});
