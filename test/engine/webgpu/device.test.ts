import { describe, expect, it, vi } from 'vitest';
import { openDevice, watchDevice, type GpuProblem } from '../../../src/engine/webgpu/device.ts';
import { matmulVariantFor } from '../../../src/engine/webgpu/kernel-variants.ts';
import { within } from '../../../src/engine/webgpu/time-out.ts';
import { GpuLostError, GpuUnavailableError, OutOfMemoryError } from '../../../src/errors.ts';

const graphics = { vendor: 'nvidia', architecture: 'ampere', device: '', description: '' };
const software = { ...graphics, vendor: 'google', architecture: 'swiftshader' };
const limits = { maxStorageBuffersPerShaderStage: 16, maxStorageBufferBindingSize: 2 ** 30 };

function fakeGpu(info: object, features: string[], requested: GPUDeviceDescriptor[] = []): GPU {
  const requestDevice = (descriptor: GPUDeviceDescriptor) => {
    requested.push(descriptor);
    return Promise.resolve({});
  };
  const adapter = { info, limits, features: new Set(features), requestDevice };
  return { requestAdapter: () => Promise.resolve(adapter) } as unknown as GPU;
}

describe('opening a device', () => {
  it('asks for what the adapter has and nothing else', async () => {
    const requested: GPUDeviceDescriptor[] = [];
    await openDevice(fakeGpu(graphics, ['shader-f16', 'bgra8unorm-storage'], requested), false);
    expect(requested[0]!.requiredFeatures).toEqual(['shader-f16']);
    expect(requested[0]!.requiredLimits).toMatchObject(limits);
  });

  it('says why there is none', async () => {
    const none = { requestAdapter: () => Promise.resolve(null) } as unknown as GPU;
    await expect(openDevice(undefined, false)).rejects.toThrow('no WebGPU');
    await expect(openDevice(none, false)).rejects.toThrow('no graphics processor');
    await expect(openDevice(fakeGpu(software, []), false)).rejects.toThrow('simulated');
    expect((await openDevice(fakeGpu(software, []), true)).software).toBe(true);
  });
});

describe('watching a device', () => {
  /** A device that is lost, or reports an error, when told to. */
  function watched() {
    vi.stubGlobal('GPUOutOfMemoryError', class extends Error {});
    const problems: GpuProblem[] = [];
    let lose: (info: object) => void = () => undefined;
    const target = new EventTarget();
    const device = Object.assign(target, {
      lost: new Promise((resolve) => (lose = resolve)),
    }) as unknown as GPUDevice;
    let retired = false;
    watchDevice(
      device,
      (problem) => problems.push(problem),
      () => retired,
    );
    const retire = () => (retired = true);
    const fail = (error: object) =>
      target.dispatchEvent(Object.assign(new Event('uncapturederror'), { error }));
    return { problems, lose, fail, retire };
  }

  it('turns a loss into a typed error, but not our own destruction', async () => {
    const lost = watched();
    lost.lose({ reason: 'unknown', message: 'driver reset' });
    const retired = watched();
    retired.retire();
    retired.lose({ reason: 'destroyed', message: '' });
    await Promise.resolve();
    expect(lost.problems[0]).toBeInstanceOf(GpuLostError);
    expect(lost.problems[0]!.message).toContain('driver reset');
    expect(retired.problems).toEqual([]);
  });

  it('tells memory from other errors', () => {
    const { problems, fail } = watched();
    fail(new GPUOutOfMemoryError('too large'));
    fail({ message: 'bad binding' });
    expect(problems[0]).toBeInstanceOf(OutOfMemoryError);
    expect(problems[1]).toBeInstanceOf(GpuLostError);
    expect(problems[1]!.message).toContain('bad binding');
  });
});

describe('the variant of matrix products', () => {
  it('follows the adapter', () => {
    const features = new Set(['subgroups']);
    expect(matmulVariantFor(graphics, features)).toBe('workgroup');
    expect(matmulVariantFor(software, features)).toBe('register');
    expect(matmulVariantFor({ ...software, subgroupMaxSize: 4 }, features)).toBe('subgroup');
    expect(matmulVariantFor({ ...graphics, isFallbackAdapter: true }, features)).toBe('register');
    expect(matmulVariantFor({ ...graphics, vendor: 'qualcomm' }, features)).toBe('register');
  });
});

it('does not wait for ever', async () => {
  const never = new Promise<void>(() => undefined);
  const late = () => new GpuUnavailableError('late');
  await expect(within(0.001, never, late)).rejects.toThrow('late');
  expect(await within(1, Promise.resolve(3), late)).toBe(3);
});
