/**
 * Head and cross-entropy on WebGPU: three dispatches for each chunk of rows, whose logits are as
 * large as a byte budget allows. (1) logits of the chunk, (2) losses, logits overwritten by their
 * gradient, (3) that gradient times the head.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { disposeTensor, emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import type { Kernel } from '../define-op.ts';
import { lengthOf } from '../shape.ts';
import { LOGITS_BYTES } from './config.ts';
import type { WeightAttributes } from '../weight.ts';
import { matmulGroups, planMatmul } from '../wgsl-matmul.ts';
import type { CrossEntropy, CrossEntropyWeightGradient } from './cross-entropy.ts';
import { runInputGradient, runLogits, runWeightGradient, type BakedHead } from './head-program.ts';
import { computeLosses } from './losses-program.ts';

/** The kernels of the head with a byte budget for the logits of one chunk. */
export function crossEntropyKernels(logitsBytes = LOGITS_BYTES) {
  /** Calls `visit` with the logits of each chunk, in order; all chunks share one buffer. */
  function eachChunk(
    { x, rows, w }: HeadInputs,
    { format, rows: vocabulary, columns, partRows }: WeightAttributes,
    visit: (logits: TensorInfo, first: number, count: number, call: HeadCall) => void,
  ): void {
    const total = lengthOf(rows);
    const chunk = Math.max(1, Math.min(total, Math.floor(logitsBytes / (4 * vocabulary))));
    const logits = emptyTensor([chunk, vocabulary]);
    for (let first = 0; first < total; first += chunk) {
      const count = Math.min(chunk, total - first);
      const plan = planMatmul(count, vocabulary);
      const call: HeadCall = {
        baked: {
          format,
          parts: w.length,
          alignedIn: columns % 4 === 0,
          alignedVocabulary: vocabulary % 4 === 0,
        },
        uniforms: { first, count, vocabulary, columns, partRows },
      };
      runLogits(
        { ...call.baked, plan },
        {
          outputs: { logits },
          inputs: { x, rows, w },
          uniforms: call.uniforms,
          groups: matmulGroups(plan, count, vocabulary),
        },
      );
      visit(logits, first, count, call);
    }
    disposeTensor(logits);
  }

  const crossEntropy: Kernel<CrossEntropy> = (inputs, attributes) => {
    const { rows: vocabulary, columns, gradient } = attributes;
    const { w, targets } = inputs;
    const total = lengthOf(inputs.rows);
    const nll = emptyTensor([total]);
    const correct = emptyTensor([total]);
    const dx = gradient ? emptyTensor([total, columns]) : undefined;
    eachChunk(inputs, attributes, (logits, first, count, { baked, uniforms }) => {
      computeLosses({ logits, nll, correct, first, targets, rows: count, vocabulary, gradient });
      if (!dx) return;
      const plan = planMatmul(count, columns);
      runInputGradient(
        { ...baked, plan },
        {
          outputs: { dx },
          inputs: { logits, w },
          uniforms,
          groups: matmulGroups(plan, count, columns),
        },
      );
    });
    return { nll, correct, dx };
  };

  const crossEntropyWeightGradient: Kernel<CrossEntropyWeightGradient> = (inputs, attributes) => {
    const { rows: vocabulary, columns } = attributes;
    const { x, rows, targets, dy: gradient } = inputs;
    const total = lengthOf(rows);
    const nll = emptyTensor([total]);
    const correct = emptyTensor([total]);
    const dw = emptyTensor([vocabulary, columns]);
    const plan = planMatmul(vocabulary, columns);
    eachChunk(inputs, attributes, (logits, first, count, { baked, uniforms }) => {
      computeLosses({ logits, nll, correct, first, targets, rows: count, vocabulary, gradient });
      runWeightGradient(
        { plan, alignedIn: baked.alignedIn, alignedVocabulary: baked.alignedVocabulary },
        {
          outputs: { dw },
          inputs: { x, rows, logits },
          uniforms,
          groups: matmulGroups(plan, vocabulary, columns),
        },
      );
    });
    disposeTensor(nll);
    disposeTensor(correct);
    return { dw };
  };

  return { crossEntropy, crossEntropyWeightGradient };
}

export const { crossEntropy, crossEntropyWeightGradient } = crossEntropyKernels();

type HeadInputs = Pick<Parameters<Kernel<CrossEntropy>>[0], 'x' | 'rows' | 'w'>;

interface HeadCall {
  baked: Omit<BakedHead, 'plan'> & Pick<BakedHead, HeadShape>;
  uniforms: Record<'first' | 'count' | 'vocabulary' | 'columns' | 'partRows', number>;
}

type HeadShape = 'format' | 'parts' | 'alignedIn' | 'alignedVocabulary';
