/** Every kernel of the CPU engine by its name; the larger ones have a file beside their op. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { wasmBackend } from '../engine/wasm/engine.ts';
import { ADAMW, SQUARED_SUM, type AdamWAttributes } from './adamw/adamw.ts';
import { ATTENTION, ATTENTION_BACKWARD } from './attention/attention.ts';
import {
  attentionBackwardKernel,
  attentionKernel,
  cachedAttentionKernel,
} from './attention/wasm.ts';
import { CACHED_ATTENTION } from './cached-attention/cached-attention.ts';
import { COLUMN_SUM } from './column-sum/column-sum.ts';
import {
  CROSS_ENTROPY,
  CROSS_ENTROPY_WEIGHT_GRADIENT,
  SCATTER_ROWS,
} from './cross-entropy/cross-entropy.ts';
import {
  crossEntropyKernel,
  crossEntropyWeightGradientKernel,
  scatterRowsKernel,
} from './cross-entropy/wasm.ts';
import { DROPOUT, dropoutThreshold, type DropoutAttributes } from './dropout/dropout.ts';
import { EMBEDDING, EMBEDDING_GRADIENT } from './embedding/embedding.ts';
import { FLATTEN, numbered, sizeOf, UNFLATTEN, type UnflattenAttributes } from './flat/flat.ts';
import { GELU, GELU_BACKWARD, type GeluAttributes } from './gelu/gelu.ts';
import { valuesOf } from './host-values.ts';
import {
  LAYER_NORM,
  LAYER_NORM_BACKWARD,
  LAYER_NORM_GAMMA_GRADIENT,
} from './layer-norm/layer-norm.ts';
import * as linear from './linear/linear.ts';
import * as linearKernels from './linear/wasm.ts';
import type { BackendKernel } from './register.ts';
import {
  RMS_NORM,
  RMS_NORM_BACKWARD,
  RMS_NORM_GAMMA_GRADIENT,
  type NormAttributes,
} from './rms-norm/rms-norm.ts';
import { ROPE, type RopeAttributes } from './rope/rope.ts';
import { SWIGLU, SWIGLU_BACKWARD } from './swiglu/swiglu.ts';
import type { WeightAttributes } from './weight.ts';
import { WIDEN, type WidenAttributes } from './widen/widen.ts';

/**
 * A kernel that works row by row on tensors of one shape: pointers (0 for an input that is not
 * there), rows, width, then its own.
 */
function rowKernel(
  name: string,
  names: readonly string[],
  extra: (attributes: object) => number[] = () => [],
  outputs = 1,
): BackendKernel {
  return (inputs, attributes) => {
    const engine = wasmBackend();
    const { shape } = inputs[names[0]!]!;
    const width = shape.at(-1)!;
    const rows = shape.reduce((a, b) => a * b, 1) / width;
    const outs = Array.from({ length: outputs }, () => engine.output([...shape]));
    const pointers = [...names.map((input) => inputs[input]), ...outs].map((info) =>
      info ? engine.pointer(info) : 0,
    );
    engine.run(name, [...pointers, rows, width, ...extra(attributes)], rows * width * 8);
    return outs;
  };
}

/** A kernel that adds up rows [N, C] → [C]. */
function columnKernel(
  name: string,
  names: readonly string[],
  extra: (attributes: object) => number[] = () => [],
): BackendKernel {
  return (inputs, attributes) => {
    const engine = wasmBackend();
    const [rows, width] = inputs[names[0]!]!.shape as [number, number];
    const out = engine.output([width]);
    const pointers = [...names.map((input) => inputs[input]!), out].map((info) =>
      engine.pointer(info),
    );
    engine.run(name, [...pointers, rows, width, ...extra(attributes)], rows * width * 2);
    return out;
  };
}

const epsilonOf = (attributes: object) => [(attributes as NormAttributes).epsilon];
const exactOf = (attributes: object) => ((attributes as GeluAttributes).form === 'erf' ? 1 : 0);

/** A kernel that works value by value. */
function valueKernel(
  name: string,
  names: readonly string[],
  extra: (attributes: object) => number[],
): BackendKernel {
  return (inputs, attributes) => {
    const engine = wasmBackend();
    const { shape } = inputs[names[0]!]!;
    const size = shape.reduce((a, b) => a * b, 1);
    const out = engine.output([...shape]);
    const pointers = [...names.map((input) => inputs[input]!), out].map((info) =>
      engine.pointer(info),
    );
    engine.run(name, [...pointers, size, ...extra(attributes)], size * 16);
    return out;
  };
}

const swiGlu: BackendKernel = ({ x }) => {
  const engine = wasmBackend();
  const [rows, double] = x!.shape as [number, number];
  const y = engine.output([rows, double / 2]);
  engine.run(
    'swiGlu',
    [engine.pointer(x!), engine.pointer(y), rows, double / 2],
    rows * double * 8,
  );
  return y;
};

const swiGluBackward: BackendKernel = ({ x, dy }) => {
  const engine = wasmBackend();
  const [rows, double] = x!.shape as [number, number];
  const dx = engine.output([rows, double]);
  const y = engine.output([rows, double / 2]);
  const pointers = [x!, dy!, dx, y].map((info) => engine.pointer(info));
  engine.run('swiGluBackward', [...pointers, rows, double / 2], rows * double * 8);
  return [dx, y];
};

const rope: BackendKernel = ({ x, table, positions }, attributes) => {
  const { heads, headDim, rotaryDim, inverse } = attributes as RopeAttributes;
  const engine = wasmBackend();
  const [rows, width] = x!.shape as [number, number];
  const y = engine.output([rows, width]);
  const pointers = [x!, table!, positions!, y].map((info) => engine.pointer(info));
  engine.run(
    'rope',
    [...pointers, rows, width, heads, headDim, rotaryDim, inverse ? -1 : 1],
    rows * width * 2,
  );
  return y;
};

const embedding: BackendKernel = (inputs, attributes) => {
  const { format, rows, columns, partRows } = attributes as WeightAttributes;
  const engine = wasmBackend();
  const ids = inputs['ids']!;
  const count = ids.shape[0]!;
  const y = engine.output([count, columns]);
  for (let i = 0; inputs[`w${i}`]; i++) {
    const first = i * partRows;
    const part = engine.pointer(inputs[`w${i}`]!);
    const tableRows = Math.min(partRows, rows - first);
    engine.run(
      'gatherRows',
      [
        engine.pointer(ids),
        part,
        linearKernels.FORMATS[format],
        first,
        tableRows,
        engine.pointer(y),
        count,
        columns,
      ],
      count * columns,
    );
  }
  return y;
};

const embeddingGradient: BackendKernel = ({ ids, dy }, attributes) => {
  const { rows } = attributes as WeightAttributes;
  const engine = wasmBackend();
  const [count, width] = dy!.shape as [number, number];
  const out = engine.output([rows, width]);
  const pointers = [ids!, dy!, out].map((info) => engine.pointer(info));
  engine.run('embeddingGradient', [...pointers, count, width, rows], (count + rows) * width);
  return out;
};

const adamW: BackendKernel = (inputs, attributes) => {
  const own = attributes as AdamWAttributes;
  const { lr, beta1, beta2, epsilon, weightDecay, correction1, correction2, gradientScale } = own;
  const { decayed } = own;
  const engine = wasmBackend();
  const old = ['parameter', 'gradient', 'momentum', 'variance'].map((name) => inputs[name]!);
  const { shape } = old[0]!;
  const fresh: TensorInfo[] = [0, 1, 2].map(() => engine.output([...shape]));
  const size = shape.reduce((a, b) => a * b, 1);
  const pointers = [...old, ...fresh].map((info) => engine.pointer(info));
  const update = (first: number, end: number, decay: number) => {
    if (first === end) return;
    const numbers = [lr, beta1, beta2, epsilon, decay, correction1, correction2, gradientScale];
    const own = pointers.map((pointer) => pointer + 4 * first);
    engine.run('adamW', [...own, end - first, ...numbers], (end - first) * 8);
  };
  update(0, decayed, weightDecay);
  update(decayed, size, 0);
  return fresh;
};

const flatten: BackendKernel = (inputs) => {
  const tensors = numbered(inputs);
  const out = wasmBackend().output([tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0)]);
  const values = valuesOf(out);
  let at = 0;
  for (const own of tensors) {
    values.set(valuesOf(own), at);
    at += sizeOf(own.shape);
  }
  return out;
};

const unflatten: BackendKernel = ({ vector }, attributes) => {
  let at = 0;
  return (attributes as UnflattenAttributes).shapes.map((shape) => {
    const out = wasmBackend().output([...shape]);
    valuesOf(out).set(valuesOf(vector!).subarray(at, at + sizeOf(shape)));
    at += sizeOf(shape);
    return out;
  });
};

const squaredSum: BackendKernel = ({ x }) => {
  const engine = wasmBackend();
  const out = engine.output([]);
  const size = x!.shape.reduce((a, b) => a * b, 1);
  engine.run('squaredSum', [engine.pointer(x!), engine.pointer(out), size], 0);
  return out;
};

const widen: BackendKernel = ({ words }, attributes) => {
  const { format, size } = attributes as WidenAttributes;
  const engine = wasmBackend();
  const out = engine.output([size]);
  const pointers = [
    engine.pointer(words!),
    size,
    linearKernels.FORMATS[format],
    engine.pointer(out),
  ];
  engine.run('widen', pointers, size);
  return out;
};

export const wasmKernels: Record<string, BackendKernel> = {
  [linear.LINEAR]: linearKernels.linearKernel,
  [linear.LORA_HIDDEN_GRADIENT]: linearKernels.loraHiddenGradientKernel,
  [linear.LINEAR_INPUT_GRADIENT]: linearKernels.linearInputGradientKernel,
  [linear.LORA_A_GRADIENT]: linearKernels.loraAGradientKernel,
  [linear.LORA_B_GRADIENT]: linearKernels.loraBGradientKernel,
  [linear.LINEAR_WEIGHT_GRADIENT]: linearKernels.linearWeightGradientKernel,
  [RMS_NORM]: rowKernel('rmsNorm', ['x', 'gamma'], epsilonOf),
  [RMS_NORM_BACKWARD]: rowKernel('rmsNormBackward', ['x', 'gamma', 'dy', 'soFar'], epsilonOf, 2),
  [LAYER_NORM]: rowKernel('layerNorm', ['x', 'gamma', 'beta'], epsilonOf),
  [LAYER_NORM_BACKWARD]: rowKernel('layerNormBackward', ['x', 'gamma', 'dy', 'soFar'], epsilonOf),
  [RMS_NORM_GAMMA_GRADIENT]: columnKernel('gammaGradient', ['x', 'dy'], (attributes) => [
    ...epsilonOf(attributes),
    0,
  ]),
  [LAYER_NORM_GAMMA_GRADIENT]: columnKernel('gammaGradient', ['x', 'dy'], (attributes) => [
    ...epsilonOf(attributes),
    1,
  ]),
  [COLUMN_SUM]: columnKernel('columnSum', ['x']),
  [ROPE]: rope,
  [ATTENTION]: attentionKernel,
  [ATTENTION_BACKWARD]: attentionBackwardKernel,
  [CACHED_ATTENTION]: cachedAttentionKernel,
  [SWIGLU]: swiGlu,
  [SWIGLU_BACKWARD]: swiGluBackward,
  [GELU]: valueKernel('gelu', ['x'], (attributes) => [exactOf(attributes)]),
  [GELU_BACKWARD]: valueKernel('geluBackward', ['x', 'dy'], (attributes) => [exactOf(attributes)]),
  [EMBEDDING]: embedding,
  [EMBEDDING_GRADIENT]: embeddingGradient,
  [CROSS_ENTROPY]: crossEntropyKernel,
  [CROSS_ENTROPY_WEIGHT_GRADIENT]: crossEntropyWeightGradientKernel,
  [SCATTER_ROWS]: scatterRowsKernel,
  [ADAMW]: adamW,
  [SQUARED_SUM]: squaredSum,
  [DROPOUT]: valueKernel('dropout', ['x'], (attributes) => {
    const { rate, seed } = attributes as DropoutAttributes;
    return [seed, dropoutThreshold(rate), 1 / (1 - rate)];
  }),
  [WIDEN]: widen,
  [FLATTEN]: flatten,
  [UNFLATTEN]: unflatten,
};
