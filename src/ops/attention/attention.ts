/**
 * Causal grouped-query attention over a packed row q|k|v, with the softmax recomputed in the
 * backward pass (Dao et al. 2022, arXiv 2205.14135): S = scale·q·kᵀ, L = logsumexp(S),
 * P = exp(S − L), o = P·v. Query head h reads key/value head ⌊h·Hkv/H⌋.
 * Backward, with δ = rowsum(do∘o): dv = Pᵀ·do, dS = P∘(do·vᵀ − δ), dq = scale·dS·k,
 * dk = scale·dSᵀ·q.
 *
 * Rows are padded on the right only, so the causal mask already keeps padding out of real rows.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { defineOp, type Signature } from '../define-op.ts';
import * as backwardWebGpu from './backward-program.ts';
import * as webgpu from './program.ts';
import * as reference from './reference.ts';
import * as wasm from './wasm.ts';

export interface AttentionShape {
  heads: number;
  kvHeads: number;
  headDim: number;
  /** 1/√headDim but for GPT-Neo, which has 1. */
  scale: number;
  /** A query at t sees keys in (t − window, t]; 0: all of them. */
  window: number;
}

export interface AttentionAttributes extends AttentionShape {
  batch: number;
  time: number;
}

/** qkv [B·T, (H + 2·Hkv)·D] → out [B·T, H·D] and logSumExp [B·T, H]. */
export type Attention = Signature<'qkv', 'out' | 'logSumExp', AttentionAttributes>;
/** As above plus dy [B·T, H·D] → dqkv [B·T, (H + 2·Hkv)·D]. */
export type AttentionBackward = Signature<
  'qkv' | 'out' | 'logSumExp' | 'dy',
  'dqkv',
  AttentionAttributes
>;

export const attentionOp = defineOp({
  name: 'IdiolectAttention',
  inputs: ['qkv'],
  outputs: ['out', 'logSumExp'],
  results: ['out'],
  reference: reference.attention,
  wasm: wasm.attention,
  webgpu: webgpu.attention,
  saved: ['qkv', 'out', 'logSumExp'],
  backward: ({ dy, saved, attributes }) => ({
    qkv: () => attentionBackward.run({ ...saved, dy }, attributes).dqkv,
  }),
});

export const attentionBackward = defineOp({
  name: 'IdiolectAttentionBackward',
  inputs: ['qkv', 'out', 'logSumExp', 'dy'],
  outputs: ['dqkv'],
  reference: reference.attentionBackward,
  wasm: wasm.attentionBackward,
  webgpu: backwardWebGpu.attentionBackward,
});

/** qkv [B·T, (H + 2·Hkv)·D] → [B·T, H·D]; differentiable in qkv. */
export function attention(qkv: Tensor, batch: number, time: number, shape: AttentionShape): Tensor {
  return attentionOp.apply({ qkv }, { ...shape, batch, time }).out;
}
