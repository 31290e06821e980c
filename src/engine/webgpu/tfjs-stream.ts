/**
 * How our own compute pipelines join tfjs's command stream: same encoder, same pass, same buffer
 * pool, so that our dispatches and tfjs's stay in order without a submission between them. Going
 * around tfjs's program runner allows several outputs, in-place writes and any element type.
 */
import { backend, env, type TensorInfo } from '@tensorflow/tfjs-core';

/** One dispatch, ready to be recorded. */
export interface Dispatch {
  pipeline: GPUComputePipeline;
  layout: GPUBindGroupLayout;
  /** Written (and perhaps read) tensors, bound first. */
  outputs: readonly TensorInfo[];
  /** Only read; bound after the outputs. No tensor may be in both lists. */
  inputs: readonly TensorInfo[];
  /** Contents of the uniform buffer, bound last. */
  uniforms: ArrayBuffer;
  groups: readonly [number, number, number];
}

/**
 * tfjs's WebGPU backend as this file needs it. Some members are private in its types; the exact
 * version pin keeps them where they are.
 */
export interface TfjsWebGpu {
  readonly device: GPUDevice;
  readonly queue: GPUQueue;
  bufferManager: BufferSource;
  readonly tensorMap: { get(dataId: object): TensorData };
  commandEncoder: GPUCommandEncoder | null;
  computePassEncoder: GPUComputePassEncoder | null;
  /** Tensors whose buffers are not released before the next submission. */
  commandQueueOwnedIds: Pick<WeakSet<object>, 'add' | 'has'>;
  dispatchCountInPass: number;
  uniformPendingDisposal: GPUBuffer[];
  makeTensorInfo(shape: number[], dtype: string): TensorInfo;
  uploadToGPU(dataId: object): void;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  disposeData(dataId: object): boolean;
  incRef(dataId: object): void;
}

/** The part of tfjs's buffer manager that the backend calls. */
export interface BufferSource {
  readonly numBytesUsed: number;
  readonly numBytesAllocated: number;
  acquireBuffer(size: number, usage: number, mapped?: boolean, reuse?: boolean): GPUBuffer;
  releaseBuffer(buffer: GPUBuffer, reuse?: boolean): void;
  dispose(): void;
}

interface TensorData {
  resource?: GPUBuffer | null;
  /** Host copy kept after a read. */
  values: unknown;
}

/** The active WebGPU backend. */
export function tfjsWebGpu(): TfjsWebGpu {
  return backend() as unknown as TfjsWebGpu;
}

/** A new tensor with room on the GPU, values undefined. */
export function emptyTensor(shape: number[], dtype: 'float32' | 'int32' = 'float32'): TensorInfo {
  return tfjsWebGpu().makeTensorInfo(shape, dtype);
}

/** Gives back a tensor made by `emptyTensor` that no caller gets to see. */
export function disposeTensor(info: TensorInfo): void {
  tfjsWebGpu().disposeData(info.dataId);
}

/** A further tensor over the same memory, as a kernel's output that was written in place. */
export function sameData(info: TensorInfo): TensorInfo {
  tfjsWebGpu().incRef(info.dataId);
  return { dataId: info.dataId, shape: info.shape, dtype: info.dtype };
}

/** Copies `count` values of one tensor into another, in order with the dispatches. */
export function copyWithin(
  source: TensorInfo,
  sourceStart: number,
  target: TensorInfo,
  targetStart: number,
  count: number,
): void {
  const webgpu = tfjsWebGpu();
  const [from, to] = [source, target].map((info) => bufferOf(webgpu, info));
  if (count === 0) return;
  webgpu.tensorMap.get(target.dataId).values = null;
  webgpu.ensureCommandEncoderReady();
  webgpu.endComputePassEncoder();
  webgpu.commandEncoder!.copyBufferToBuffer(
    from!,
    4 * sourceStart,
    to!,
    4 * targetStart,
    4 * count,
  );
}

/** Sets all values to zero, in order with the dispatches. */
export function clear(target: TensorInfo): void {
  const webgpu = tfjsWebGpu();
  const buffer = bufferOf(webgpu, target);
  webgpu.tensorMap.get(target.dataId).values = null;
  webgpu.ensureCommandEncoderReady();
  webgpu.endComputePassEncoder();
  webgpu.commandEncoder!.clearBuffer(buffer);
}

function bufferOf(webgpu: TfjsWebGpu, info: TensorInfo): GPUBuffer {
  webgpu.uploadToGPU(info.dataId);
  return webgpu.tensorMap.get(info.dataId).resource!;
}

export function record({ pipeline, layout, outputs, inputs, uniforms, groups }: Dispatch): void {
  const webgpu = tfjsWebGpu();
  const entries = [...outputs, ...inputs].map((info, binding): GPUBindGroupEntry => ({
    binding,
    resource: { buffer: bufferOf(webgpu, info) },
  }));
  // A host copy of a tensor that is written in place would be stale.
  for (const { dataId } of outputs) webgpu.tensorMap.get(dataId).values = null;
  const buffer = webgpu.bufferManager.acquireBuffer(
    uniforms.byteLength,
    GPUBufferUsage.COPY_DST | GPUBufferUsage.UNIFORM,
  );
  webgpu.queue.writeBuffer(buffer, 0, uniforms);
  webgpu.uniformPendingDisposal.push(buffer);
  entries.push({ binding: entries.length, resource: { buffer } });

  webgpu.ensureCommandEncoderReady();
  webgpu.computePassEncoder ??= webgpu.commandEncoder!.beginComputePass();
  const pass = webgpu.computePassEncoder;
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, webgpu.device.createBindGroup({ layout, entries }));
  pass.dispatchWorkgroups(...groups);
  webgpu.dispatchCountInPass++;
  if (webgpu.dispatchCountInPass >= env().getNumber('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE')) {
    webgpu.endComputePassEncoder();
    webgpu.submitQueue();
  }
}
