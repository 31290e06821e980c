/** SwiGLU on the CPU engine. */
import { wasmBackend } from '../../engine/wasm/engine.ts';
import type { Kernel } from '../define-op.ts';
import { matrixShape } from '../shape.ts';
import type { SwiGlu, SwiGluBackward } from './swiglu.ts';

export const swiGlu: Kernel<SwiGlu> = ({ x }) => {
  const engine = wasmBackend();
  const [rows, double] = matrixShape(x);
  const width = double / 2;
  const y = engine.output([rows, width]);
  engine.run('swiGlu', [engine.pointer(x), engine.pointer(y), rows, width], rows * double * 8);
  return { y };
};

export const swiGluBackward: Kernel<SwiGluBackward> = ({ x, dy }) => {
  const engine = wasmBackend();
  const [rows, double] = matrixShape(x);
  const dx = engine.output([rows, double]);
  const y = engine.output([rows, double / 2]);
  const pointers = [x, dy, dx, y].map((info) => engine.pointer(info));
  engine.run('swiGluBackward', [...pointers, rows, double / 2], rows * double * 8);
  return { dx, y };
};
