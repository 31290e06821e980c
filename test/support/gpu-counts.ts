/** Counts what reaches the GPU, by hooks on the prototypes of WebGPU's own classes. */

export interface GpuCounts {
  dispatches: number;
  submits: number;
}

const counts: GpuCounts = { dispatches: 0, submits: 0 };
let hooked = false;

function hook(): void {
  if (hooked) return;
  hooked = true;
  const pass = GPUComputePassEncoder.prototype;
  const dispatch: (...groups: number[]) => undefined = Reflect.get(pass, 'dispatchWorkgroups');
  pass.dispatchWorkgroups = function (...groups: number[]) {
    counts.dispatches++;
    dispatch.apply(this, groups);
  };
  const queue = GPUQueue.prototype;
  const submit: (buffers: Iterable<GPUCommandBuffer>) => undefined = Reflect.get(queue, 'submit');
  queue.submit = function (buffers) {
    counts.submits++;
    submit.call(this, buffers);
  };
}

/** What `work` dispatches and submits, reads included. */
export async function countGpu<T>(
  work: () => T | Promise<T>,
): Promise<GpuCounts & { result: Awaited<T> }> {
  hook();
  const before = { ...counts };
  const result = await work();
  return {
    dispatches: counts.dispatches - before.dispatches,
    submits: counts.submits - before.submits,
    result,
  };
}
