/**
 * Head and cross-entropy on WebGPU: three dispatches for each chunk of rows, whose logits are as
 * large as a byte budget allows. (1) logits of the chunk, (2) losses, logits overwritten by their
 * gradient, (3) that gradient times the head.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { disposeTensor, emptyTensor } from '../../engine/webgpu/tfjs-stream.ts';
import { partsOf } from '../linear/program.ts';
import type { BackendKernel } from '../register.ts';
import { matmulGroups, planMatmul } from '../wgsl-matmul.ts';
import type { CrossEntropyAttributes } from './cross-entropy.ts';
import { runInputGradient, runLogits, runWeightGradient, type BakedHead } from './head-program.ts';
import { computeLosses } from './losses-program.ts';

/**
 * Logits held at once: 85 rows of a vocabulary of 49,152. A larger chunk reads the head fewer
 * times, but adds to the peak, which comes here, when all activations are there.
 */
export const LOGITS_BYTES = 16 * 2 ** 20;

/** The kernels of the head with a byte budget for the logits of one chunk. */
export function crossEntropyKernels(logitsBytes = LOGITS_BYTES) {
  /** Calls `visit` with the logits of each chunk, in order; all chunks share one buffer. */
  function eachChunk(
    inputs: Record<string, TensorInfo>,
    attributes: CrossEntropyAttributes,
    visit: (logits: TensorInfo, first: number, count: number, call: HeadCall) => void,
  ): void {
    const { format, rows: vocabulary_, columns: width, partRows } = attributes;
    const parts = partsOf(inputs);
    const total = inputs['rows']!.shape[0]!;
    const chunk = Math.max(1, Math.min(total, Math.floor(logitsBytes / (4 * vocabulary_))));
    const logits = emptyTensor([chunk, vocabulary_]);
    for (let first = 0; first < total; first += chunk) {
      const count = Math.min(chunk, total - first);
      const plan = planMatmul(count, vocabulary_);
      const call: HeadCall = {
        baked: {
          format,
          parts: Object.keys(parts).length,
          alignedIn: width % 4 === 0,
          alignedVocabulary: vocabulary_ % 4 === 0,
        },
        uniforms: { first, count, vocabulary: vocabulary_, columns: width, partRows },
        parts,
      };
      runLogits(
        { ...call.baked, plan },
        {
          outputs: { logits },
          inputs: { x: inputs['x']!, rows: inputs['rows']!, ...parts },
          uniforms: call.uniforms,
          groups: matmulGroups(plan, count, vocabulary_),
        },
      );
      visit(logits, first, count, call);
    }
    disposeTensor(logits);
  }

  /** x [N, C], w [V, C], rows and targets int32 [M] → nll [M], correct [M], and dx [M, C]. */
  const crossEntropyKernel: BackendKernel = (inputs, attributes) => {
    const own = attributes as CrossEntropyAttributes;
    const total = inputs['rows']!.shape[0]!;
    const nll = emptyTensor([total]);
    const correct = emptyTensor([total]);
    const dx = own.gradient ? emptyTensor([total, own.columns]) : undefined;
    eachChunk(inputs, own, (logits, first, count, { baked, uniforms, parts }) => {
      computeLosses({
        ...{ logits, nll, correct, first, targets: inputs['targets']! },
        ...{ rows: count, vocabulary: own.rows, gradient: own.gradient },
      });
      if (!dx) return;
      const plan = planMatmul(count, own.columns);
      runInputGradient(
        { ...baked, plan },
        {
          outputs: { dx },
          inputs: { logits, ...parts },
          uniforms,
          groups: matmulGroups(plan, count, own.columns),
        },
      );
    });
    return dx ? [nll, correct, dx] : [nll, correct];
  };

  /** x, rows, targets, w as above and dy [M] → dW [V, C]. */
  const crossEntropyWeightGradientKernel: BackendKernel = (inputs, attributes) => {
    const own = attributes as CrossEntropyAttributes;
    const total = inputs['rows']!.shape[0]!;
    const nll = emptyTensor([total]);
    const correct = emptyTensor([total]);
    const dw = emptyTensor([own.rows, own.columns]);
    const plan = planMatmul(own.rows, own.columns);
    eachChunk(inputs, own, (logits, first, count, { baked, uniforms }) => {
      computeLosses({
        ...{ logits, nll, correct, first, targets: inputs['targets']! },
        ...{ rows: count, vocabulary: own.rows, gradient: inputs['dy']! },
      });
      runWeightGradient(
        { plan, alignedIn: baked.alignedIn, alignedVocabulary: baked.alignedVocabulary },
        {
          outputs: { dw },
          inputs: { x: inputs['x']!, rows: inputs['rows']!, logits },
          uniforms,
          groups: matmulGroups(plan, own.rows, own.columns),
        },
      );
    });
    disposeTensor(nll);
    disposeTensor(correct);
    return dw;
  };

  return { crossEntropyKernel, crossEntropyWeightGradientKernel };
}

interface HeadCall {
  baked: Omit<BakedHead, 'plan'> & Pick<BakedHead, HeadShape>;
  uniforms: Record<'first' | 'count' | 'vocabulary' | 'columns' | 'partRows', number>;
  parts: Record<string, TensorInfo>;
}

type HeadShape = 'format' | 'parts' | 'alignedIn' | 'alignedVocabulary';
