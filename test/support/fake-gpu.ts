/**
 * A WebGPU that takes every command and computes nothing: what a model costs in dispatches,
 * submissions and memory can be counted at any size, in Node, without a graphics processor. Every
 * value read from it is zero. The classes are global, as WebGPU's are, for `countGpu` to hook.
 */

const MAP_READ = 1;
const nothing = () => undefined;
/** Contents that nobody reads. */
let scratch = new ArrayBuffer(0);

class FakeBuffer {
  readonly size: number;
  readonly usage: number;
  mapState: string;
  constructor({ size, usage, mappedAtCreation }: GPUBufferDescriptor) {
    this.size = size;
    this.usage = usage;
    this.mapState = mappedAtCreation ? 'mapped' : 'unmapped';
  }
  getMappedRange(): ArrayBuffer {
    if (this.usage & MAP_READ) return new ArrayBuffer(this.size);
    if (scratch.byteLength < this.size) scratch = new ArrayBuffer(this.size);
    return scratch;
  }
  mapAsync(): Promise<void> {
    return Promise.resolve();
  }
  unmap(): void {
    this.mapState = 'unmapped';
  }
  destroy(): void {
    nothing();
  }
}

class FakePass {
  setPipeline(): void {
    nothing();
  }
  setBindGroup(): void {
    nothing();
  }
  dispatchWorkgroups(): void {
    nothing();
  }
  end(): void {
    nothing();
  }
}

class FakeQueue {
  submit(): void {
    nothing();
  }
  writeBuffer(): void {
    nothing();
  }
}

class FakeDevice extends EventTarget {
  readonly queue = new FakeQueue();
  readonly features = new Set<string>();
  readonly limits = fakeLimits;
  readonly lost = new Promise(nothing);
  createBuffer(descriptor: GPUBufferDescriptor): FakeBuffer {
    return new FakeBuffer(descriptor);
  }
  destroy(): void {
    nothing();
  }
  createCommandEncoder(): object {
    return {
      beginComputePass: () => new FakePass(),
      copyBufferToBuffer: nothing,
      clearBuffer: nothing,
      finish: () => ({}),
    };
  }
  createComputePipeline(descriptor: object): object {
    return { ...descriptor, getBindGroupLayout: () => ({}) };
  }
  createComputePipelineAsync(descriptor: object): Promise<object> {
    return Promise.resolve(this.createComputePipeline(descriptor));
  }
}
for (const name of [
  'createBindGroup',
  'createBindGroupLayout',
  'createPipelineLayout',
  'createShaderModule',
]) {
  Reflect.set(FakeDevice.prototype, name, () => ({}));
}
const fakeLimits = {
  maxStorageBuffersPerShaderStage: 10,
  maxStorageBufferBindingSize: 2 ** 30,
  maxBufferSize: 2 ** 30,
  maxComputeWorkgroupStorageSize: 16_384,
  maxComputeWorkgroupsPerDimension: 65_535,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupSizeY: 256,
};

/** Makes WebGPU's names global; a real one is left alone. */
export function installFakeGpu(): void {
  const adapter = {
    info: { vendor: 'fake', architecture: 'counting', device: '', description: '' },
    features: new Set<string>(),
    limits: fakeLimits,
    requestDevice: () => Promise.resolve(new FakeDevice()),
  };
  const globals = {
    navigator: { gpu: { requestAdapter: () => Promise.resolve(adapter) } },
    GPUBuffer: FakeBuffer,
    GPUComputePassEncoder: FakePass,
    GPUQueue: FakeQueue,
    GPUDevice: FakeDevice,
    GPUTexture: FakeQueue,
    GPUBufferUsage: {
      MAP_READ,
      MAP_WRITE: 2,
      COPY_SRC: 4,
      COPY_DST: 8,
      UNIFORM: 64,
      STORAGE: 128,
      QUERY_RESOLVE: 512,
    },
    GPUMapMode: { READ: 1, WRITE: 2 },
  };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
}
