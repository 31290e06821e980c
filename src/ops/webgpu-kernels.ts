/** Kernels of our own on WebGPU by name; every other op runs its reference, made of stock ops. */
import { CACHED_ATTENTION } from './cached-attention/cached-attention.ts';
import { cachedAttentionKernel } from './cached-attention/program.ts';
import type { BackendKernel } from './register.ts';
import { widenKernel } from './widen/program.ts';
import { WIDEN } from './widen/widen.ts';

export const webgpuKernels: Record<string, BackendKernel> = {
  [WIDEN]: widenKernel,
  [CACHED_ATTENTION]: cachedAttentionKernel,
};
