/** AdamW and Σ x² on the CPU engine. */
import { wasmBackend } from '../../engine/wasm/engine.ts';
import type { Kernel } from '../define-op.ts';
import { sizeOf } from '../shape.ts';
import type { AdamW, SquaredSum } from './adamw.ts';

export const adamW: Kernel<AdamW> = (inputs, attributes) => {
  const { lr, beta1, beta2, epsilon, weightDecay, decayed } = attributes;
  const { correction1, correction2, gradientScale } = attributes;
  const engine = wasmBackend();
  const { shape } = inputs.parameter;
  const parameter = engine.output([...shape]);
  const momentum = engine.output([...shape]);
  const variance = engine.output([...shape]);
  const old = [inputs.parameter, inputs.gradient, inputs.momentum, inputs.variance];
  const pointers = [...old, parameter, momentum, variance].map((info) => engine.pointer(info));
  const update = (first: number, end: number, decay: number) => {
    if (first === end) return;
    const numbers = [lr, beta1, beta2, epsilon, decay, correction1, correction2, gradientScale];
    const places = pointers.map((pointer) => pointer + 4 * first);
    engine.run('adamW', [...places, end - first, ...numbers], (end - first) * 8);
  };
  update(0, decayed, weightDecay);
  update(decayed, sizeOf(shape), 0);
  return { parameter, momentum, variance };
};

export const squaredSum: Kernel<SquaredSum> = ({ x }) => {
  const engine = wasmBackend();
  const sum = engine.output([]);
  engine.run('squaredSum', [engine.pointer(x), engine.pointer(sum), sizeOf(x.shape)], 0);
  return { sum };
};
