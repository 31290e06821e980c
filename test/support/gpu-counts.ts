/**
 * Counts what reaches the GPU, by hooks on the prototypes of WebGPU's own classes. Counts do not
 * depend on the adapter and are the same on every run.
 */

export interface GpuCounts {
  dispatches: number;
  submits: number;
  /** Buffers mapped to be read by JavaScript. */
  readbacks: number;
  pipelines: number;
  /** Most bytes of buffers alive at one time, over those alive at the start. */
  peakBytes: number;
  /** Dispatches by the program's name. */
  byProgram: Record<string, number>;
}

let counts = fresh();
let bytes = 0;
let hooked = false;
let program = '';

function fresh(): GpuCounts {
  return { dispatches: 0, submits: 0, readbacks: 0, pipelines: 0, peakBytes: 0, byProgram: {} };
}

/** Calls `before` ahead of a method of a prototype. */
function wrap(prototype: object, name: string, before: (self: object, args: unknown[]) => void) {
  const original = Reflect.get(prototype, name) as (...args: unknown[]) => unknown;
  Reflect.set(prototype, name, function (this: object, ...args: unknown[]) {
    before(this, args);
    return original.apply(this, args);
  });
}

function hook(): void {
  if (hooked) return;
  hooked = true;
  wrap(GPUComputePassEncoder.prototype, 'setPipeline', (_, [pipeline]) => {
    program = (pipeline as GPUComputePipeline).label.split(/[ {[]*[{[]/)[0]!;
  });
  wrap(GPUComputePassEncoder.prototype, 'dispatchWorkgroups', () => {
    counts.dispatches++;
    counts.byProgram[program] = (counts.byProgram[program] ?? 0) + 1;
  });
  wrap(GPUQueue.prototype, 'submit', () => counts.submits++);
  wrap(GPUBuffer.prototype, 'mapAsync', () => counts.readbacks++);
  wrap(GPUDevice.prototype, 'createComputePipeline', () => counts.pipelines++);
  wrap(GPUDevice.prototype, 'createComputePipelineAsync', () => counts.pipelines++);
  const sizes = new WeakMap<object, number>();
  type Create = (this: GPUDevice, descriptor: GPUBufferDescriptor) => GPUBuffer;
  const create: Create = Reflect.get(GPUDevice.prototype, 'createBuffer');
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const buffer = create.call(this, descriptor);
    sizes.set(buffer, descriptor.size);
    bytes += descriptor.size;
    counts.peakBytes = Math.max(counts.peakBytes, bytes);
    return buffer;
  };
  wrap(GPUBuffer.prototype, 'destroy', (self) => {
    bytes -= sizes.get(self) ?? 0;
    sizes.delete(self);
  });
}

/** What `work` costs, reads included. */
export async function countGpu<T>(
  work: () => T | Promise<T>,
): Promise<GpuCounts & { result: Awaited<T> }> {
  hook();
  const outer = counts;
  counts = { ...fresh(), peakBytes: bytes };
  const start = bytes;
  try {
    const result = await work();
    return { ...counts, peakBytes: counts.peakBytes - start, result };
  } finally {
    counts = outer;
  }
}
