/** Rotary embedding on the CPU engine. */
import { wasmBackend } from '../../engine/wasm/engine.ts';
import type { Kernel } from '../define-op.ts';
import { matrixShape } from '../shape.ts';
import type { Rope } from './rope.ts';

export const rope: Kernel<Rope> = ({ x, table, positions }, attributes) => {
  const { heads, headDim, rotaryDim, inverse } = attributes;
  const engine = wasmBackend();
  const [rows, width] = matrixShape(x);
  const y = engine.output([rows, width]);
  const pointers = [x, table, positions, y].map((info) => engine.pointer(info));
  const numbers = [rows, width, heads, headDim, rotaryDim, inverse ? -1 : 1];
  engine.run('rope', [...pointers, ...numbers], rows * width * 2);
  return { y };
};
