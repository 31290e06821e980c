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
  commandQueueOwnedIds: WeakSet<object>;
  dispatchCountInPass: number;
  uniformPendingDisposal: GPUBuffer[];
  makeTensorInfo(shape: number[], dtype: string): TensorInfo;
  uploadToGPU(dataId: object): void;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  disposeData(dataId: object): boolean;
}

/** The part of tfjs's buffer manager that the backend calls. */
export interface BufferSource {
  readonly numBytesUsed: number;
  readonly numBytesAllocated: number;
  /** Bytes handed out since the last submission; only our own pool counts them. */
  readonly bytesSinceSubmit?: number;
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

/**
 * Bytes that may be handed out between two submissions. Tensors disposed in between keep their
 * memory until then, so without a bound one long submission would hold a whole step's temporaries.
 */
const MAX_BYTES_BETWEEN_SUBMITS = 512 * 2 ** 20;

export function record({ pipeline, layout, outputs, inputs, uniforms, groups }: Dispatch): void {
  const webgpu = tfjsWebGpu();
  const entries: GPUBindGroupEntry[] = [];
  for (const [index, info] of [...outputs, ...inputs].entries()) {
    webgpu.uploadToGPU(info.dataId);
    webgpu.commandQueueOwnedIds.add(info.dataId);
    const data = webgpu.tensorMap.get(info.dataId);
    // A host copy of a tensor that is written in place would be stale.
    if (index < outputs.length) data.values = null;
    entries.push({ binding: index, resource: { buffer: data.resource! } });
  }
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
  const bytes = webgpu.bufferManager.bytesSinceSubmit ?? 0;
  if (
    webgpu.dispatchCountInPass >= env().getNumber('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE') ||
    bytes > MAX_BYTES_BETWEEN_SUBMITS
  ) {
    webgpu.endComputePassEncoder();
    webgpu.submitQueue();
  }
}
