/**
 * What reaches the GPU, by hooks on the prototypes of WebGPU's own classes; must be installed
 * before an engine starts, since bytes are those of every buffer since then.
 */
import type { Counts } from './contender.ts';

const counts = { dispatches: 0, submits: 0, readbacks: 0, pipelines: 0 };
let bytes = 0;
let peak = 0;

/** A method of a prototype, with something done before each call. */
function before(prototype: object, name: string, note: (self: object, result: unknown) => void) {
  const original = Reflect.get(prototype, name) as (...args: unknown[]) => unknown;
  Reflect.set(prototype, name, function (this: object, ...args: unknown[]) {
    const result = original.apply(this, args);
    note(this, result);
    return result;
  });
}

export function hookGpu(): void {
  if (typeof GPUDevice === 'undefined') return;
  const pass = GPUComputePassEncoder.prototype;
  before(pass, 'dispatchWorkgroups', () => counts.dispatches++);
  before(pass, 'dispatchWorkgroupsIndirect', () => counts.dispatches++);
  before(GPUQueue.prototype, 'submit', () => counts.submits++);
  before(GPUBuffer.prototype, 'mapAsync', (self) => {
    if ((self as GPUBuffer).usage & GPUBufferUsage.MAP_READ) counts.readbacks++;
  });
  before(GPUDevice.prototype, 'createComputePipeline', () => counts.pipelines++);
  before(GPUDevice.prototype, 'createComputePipelineAsync', () => counts.pipelines++);
  const alive = new WeakSet();
  before(GPUDevice.prototype, 'createBuffer', (_, result) => {
    const buffer = result as GPUBuffer;
    alive.add(buffer);
    bytes += buffer.size;
    peak = Math.max(peak, bytes);
  });
  before(GPUBuffer.prototype, 'destroy', (self) => {
    if (alive.delete(self)) bytes -= (self as GPUBuffer).size;
  });
}

/** Counts of one run; `pipelines` and `bytes_peak` are those since the engine started. */
export async function countGpu<Result>(
  run: () => Promise<Result>,
): Promise<{ result: Result; counts: Counts }> {
  const start = { ...counts };
  const result = await run();
  return {
    result,
    counts: {
      dispatches: counts.dispatches - start.dispatches,
      submits: counts.submits - start.submits,
      readbacks: counts.readbacks - start.readbacks,
      pipelines: counts.pipelines,
      bytes_peak: peak,
    },
  };
}
