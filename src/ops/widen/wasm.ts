/** Widening on the CPU engine. */
import { wasmBackend } from '../../engine/wasm/engine.ts';
import type { Kernel } from '../define-op.ts';
import { FORMATS } from '../linear/wasm-product.ts';
import type { Widen } from './widen.ts';

export const widen: Kernel<Widen> = ({ words }, { format, size }) => {
  const engine = wasmBackend();
  const wide = engine.output([size]);
  engine.run('widen', [engine.pointer(words), size, FORMATS[format], engine.pointer(wide)], size);
  return { wide };
};
