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
import { runKernel, runKernelForOne, taped } from '../tape.ts';

export const ATTENTION = 'IdiolectAttention';
export const ATTENTION_BACKWARD = 'IdiolectAttentionBackward';

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

/** qkv [B·T, (H + 2·Hkv)·D] → [B·T, H·D]; differentiable in qkv. */
export function attention(qkv: Tensor, batch: number, time: number, shape: AttentionShape): Tensor {
  const attributes: AttentionAttributes = { ...shape, batch, time };
  return taped(
    { qkv },
    (save) => {
      const [out, logSumExp] = runKernel(ATTENTION, { qkv }, attributes);
      save([qkv, out!, logSumExp!]);
      return [out!];
    },
    ([dy], [savedQkv, out, logSumExp]) => ({
      qkv: () =>
        runKernelForOne(
          ATTENTION_BACKWARD,
          { qkv: savedQkv!, out: out!, logSumExp: logSumExp!, dy: dy! },
          attributes,
        ),
    }),
  )[0]!;
}
