/** Linear with LoRA on the CPU engine: a few calls of one matrix product. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { wasmBackend } from '../../engine/wasm/engine.ts';
import type { Kernel } from '../define-op.ts';
import { lengthOf, matrixShape } from '../shape.ts';
import type {
  Linear,
  LinearInputGradient,
  LinearWeightGradient,
  LoraAGradient,
  LoraBGradient,
  LoraHiddenGradient,
} from './linear.ts';
import { adaptedRows, slotRows } from './slots.ts';
import { eachPart, gemm, plain, turned } from './wasm-product.ts';

export const linear: Kernel<Linear> = (inputs, attributes) => {
  const { rows, columns, rank, scale, slots } = attributes;
  const { x, w, bias, residual, a, b, loraInput } = inputs;
  const engine = wasmBackend();
  const n = lengthOf(x);
  const at = (info: TensorInfo | undefined) => (info ? engine.pointer(info) : 0);
  const starts = bias !== undefined || residual !== undefined;
  const y = starts ? start([n, rows], at(bias), at(residual)) : engine.output([n, rows]);
  const yAt = engine.pointer(y);
  eachPart(w, attributes, (part, width, first, count, format) =>
    gemm(
      plain(at(x), columns),
      turned(part, width),
      format,
      yAt + 4 * first,
      rows,
      [n, count, columns],
      { adds: starts },
    ),
  );
  if (!a || !b) return { y };
  const width = (slots.length / 2) * rank;
  const hidden = engine.output([n, width]);
  const source = plain(at(loraInput ?? x), columns);
  gemm(source, turned(at(a), columns), 0, engine.pointer(hidden), width, [n, width, columns]);
  const p = engine.pointer(hidden);
  eachSlot(slots, rank, (offset, from, to, bOffset) =>
    gemm(
      plain(p + 4 * offset, width),
      turned(at(b) + 4 * bOffset, rank),
      0,
      yAt + 4 * from,
      rows,
      [n, to - from, rank],
      { alpha: scale, adds: true },
    ),
  );
  return { y, hidden };
};

export const loraHiddenGradient: Kernel<LoraHiddenGradient> = ({ dy, b }, attributes) => {
  const { rank, scale, slots } = attributes;
  const engine = wasmBackend();
  const [n, rows] = matrixShape(dy);
  const width = (slots.length / 2) * rank;
  const g = engine.output([n, width]);
  const [dyAt, bAt, gAt] = [engine.pointer(dy), engine.pointer(b), engine.pointer(g)];
  eachSlot(slots, rank, (offset, from, to, bOffset) =>
    gemm(
      plain(dyAt + 4 * from, rows),
      plain(bAt + 4 * bOffset, rank),
      0,
      gAt + 4 * offset,
      width,
      [n, rank, to - from],
      { alpha: scale },
    ),
  );
  return { g };
};

export const linearInputGradient: Kernel<LinearInputGradient> = (inputs, attributes) => {
  const { rows, columns } = attributes;
  const { dy, w, g, a } = inputs;
  const engine = wasmBackend();
  const n = lengthOf(dy);
  const dx = engine.output([n, columns]);
  const out = engine.pointer(dx);
  const dyAt = engine.pointer(dy);
  eachPart(w, attributes, (part, width, first, count, format) =>
    gemm(
      plain(dyAt + 4 * first, rows),
      plain(part, width),
      format,
      out,
      columns,
      [n, columns, count],
      { adds: first > 0 },
    ),
  );
  if (g && a) {
    const [, width] = matrixShape(g);
    const left = plain(engine.pointer(g), width);
    const size: [number, number, number] = [n, columns, width];
    gemm(left, plain(engine.pointer(a), columns), 0, out, columns, size, { adds: true });
  }
  return { dx };
};

/** leftᵀ · right, summed over the N rows they share: dA, and dW of a trained weight. */
function transposedProduct(left: TensorInfo, right: TensorInfo): TensorInfo {
  const engine = wasmBackend();
  const [n, m] = matrixShape(left);
  const [, width] = matrixShape(right);
  const out = engine.output([m, width]);
  gemm(
    turned(engine.pointer(left), m),
    plain(engine.pointer(right), width),
    0,
    engine.pointer(out),
    width,
    [m, width, n],
  );
  return out;
}

export const loraAGradient: Kernel<LoraAGradient> = ({ g, x }) => ({
  da: transposedProduct(g, x),
});
export const linearWeightGradient: Kernel<LinearWeightGradient> = ({ dy, x }) => ({
  dw: transposedProduct(dy, x),
});

export const loraBGradient: Kernel<LoraBGradient> = ({ dy, hidden }, attributes) => {
  const { rank, scale, slots } = attributes;
  const engine = wasmBackend();
  const [n, rows] = matrixShape(dy);
  const [, width] = matrixShape(hidden);
  const db = engine.output([adaptedRows(slots), rank]);
  const [dyAt, pAt, out] = [engine.pointer(dy), engine.pointer(hidden), engine.pointer(db)];
  eachSlot(slots, rank, (offset, from, to, bOffset) =>
    gemm(
      turned(dyAt + 4 * from, rows),
      plain(pAt + 4 * offset, width),
      0,
      out + 4 * bOffset,
      rank,
      [to - from, rank, n],
      { alpha: scale },
    ),
  );
  return { db };
};

/** A tensor [m, n] that holds residual + bias: a product is added to it. */
function start([m, n]: [number, number], bias = 0, residual = 0): TensorInfo {
  const engine = wasmBackend();
  const out = engine.output([m, n]);
  engine.run('startOutput', [engine.pointer(out), m, n, bias, residual], m * n);
  return out;
}

function eachSlot(
  slots: readonly number[],
  rank: number,
  visit: (hiddenOffset: number, from: number, to: number, bOffset: number) => void,
): void {
  slotRows(slots).forEach(({ start: from, end: to, bRow }, i) =>
    visit(i * rank, from, to, bRow * rank),
  );
}
