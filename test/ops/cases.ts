/**
 * Inputs for every kernel, at odd shapes and with two sets of baked attributes each. Backends run
 * their kernels on them and compare with the plain reference run on the cpu backend.
 */
import { quantizeInt8 } from '../../src/ops/int8.ts';
import { rowValues } from '../../src/ops/weight.ts';
import { createRandom, type Random } from '../../src/random.ts';

export interface HostTensor {
  shape: number[];
  dtype: 'float32' | 'int32';
  values: Float32Array | Int32Array;
}

export interface KernelCase {
  kernel: string;
  label: string;
  inputs: Record<string, HostTensor>;
  attributes: Record<string, unknown>;
}

type Build = (random: Random) => Pick<KernelCase, 'inputs' | 'attributes'>;

const normal = (random: Random, shape: number[], scale = 1): HostTensor => ({
  shape,
  dtype: 'float32',
  values: Float32Array.from({ length: size(shape) }, () => scale * random.normal()),
});
const integers = (random: Random, shape: number[], below: number): HostTensor => ({
  shape,
  dtype: 'int32',
  values: Int32Array.from({ length: size(shape) }, () => random.integer(below)),
});
const given = (values: number[]): HostTensor => ({
  shape: [values.length],
  dtype: 'int32',
  values: Int32Array.from(values),
});
const size = (shape: number[]) => shape.reduce((a, b) => a * b, 1);

/** Packed pairs of 16-bit values with random sign, small exponent range and mantissa. */
function halves(random: Random, count: number, format: 'f16' | 'bf16'): HostTensor {
  const half = () => {
    const sign = random.integer(2) << 15;
    return format === 'f16'
      ? sign | ((12 + random.integer(4)) << 10) | random.integer(1024)
      : sign | ((123 + random.integer(4)) << 7) | random.integer(128);
  };
  const values = Int32Array.from({ length: count / 2 }, () => half() | (half() << 16));
  return { shape: [count / 2], dtype: 'int32', values };
}

interface Shape {
  n: number;
  columns: number;
  rows: number;
  rank: number;
  slots: number[];
}
// A single row, a q|k|v-like stack with a gap, sizes over one tile, nothing a multiple of another.
const linearShapes: Shape[] = [
  { n: 1, columns: 8, rows: 7, rank: 2, slots: [0, 7] },
  { n: 3, columns: 64, rows: 40, rank: 3, slots: [0, 16, 24, 40] },
  { n: 37, columns: 50, rows: 131, rank: 4, slots: [0, 60, 60, 131] },
  { n: 130, columns: 66, rows: 9, rank: 8, slots: [0, 9] },
];
const formats = ['f32', 'f16', 'bf16', 'int8'] as const;

const longShapes: Shape[] = [
  // Whole blocks of int8 and a rest, for the CPU engine's products of a few rows.
  { n: 2, columns: 200, rows: 11, rank: 2, slots: [0, 11] },
  // More terms than one block of the CPU engine, which it divides in three.
  { n: 5, columns: 610, rows: 19, rank: 4, slots: [3, 19] },
];

function weightOf(random: Random, rows: number, columns: number, format: string): HostTensor {
  if (format === 'f16' || format === 'bf16') return halves(random, rows * columns, format);
  const matrix = normal(random, [rows, columns], 0.2);
  if (format === 'f32') return matrix;
  const values = quantizeInt8(matrix.values as Float32Array, columns);
  return { shape: [values.length], dtype: 'int32', values };
}

function linearCases(): [string, string, Build][] {
  return [
    ...linearShapes.flatMap((shape) => linearCasesOf(shape, formats)),
    ...longShapes.flatMap((shape) => linearCasesOf(shape, ['int8'])),
  ];
}

function linearCasesOf(
  { n, columns, rows, rank, slots }: Shape,
  formats: readonly string[],
): [string, string, Build][] {
  const cases: [string, string, Build][] = [];
  const slotCount = slots.length / 2;
  let adapted = 0;
  for (let i = 0; i < slotCount; i++) adapted += slots[2 * i + 1]! - slots[2 * i]!;
  const label = `${n}×${columns}→${rows}`;
  for (const format of formats) {
    const attributes = { format, rows, columns, partRows: rows, rank, scale: 1.5, slots };
    const plain = { ...attributes, rank: 0, scale: 0, slots: [] };
    cases.push([
      'IdiolectLinear',
      `${label} ${format} plain`,
      (r) => ({
        inputs: { x: normal(r, [n, columns]), w0: weightOf(r, rows, columns, format) },
        attributes: plain,
      }),
    ]);
    cases.push([
      'IdiolectLinear',
      `${label} ${format} bias, adapter, residual`,
      (r) => ({
        inputs: {
          x: normal(r, [n, columns]),
          w0: weightOf(r, rows, columns, format),
          bias: normal(r, [rows]),
          residual: normal(r, [n, rows]),
          a: normal(r, [slotCount * rank, columns], 0.3),
          b: normal(r, [adapted, rank], 0.3),
        },
        attributes,
      }),
    ]);
    cases.push([
      'IdiolectLinearInputGradient',
      `${label} ${format} plain`,
      (r) => ({
        inputs: { dy: normal(r, [n, rows]), w0: weightOf(r, rows, columns, format) },
        attributes: plain,
      }),
    ]);
    cases.push([
      'IdiolectLinearInputGradient',
      `${label} ${format} adapter`,
      (r) => ({
        inputs: {
          dy: normal(r, [n, rows]),
          w0: weightOf(r, rows, columns, format),
          g: normal(r, [n, slotCount * rank]),
          a: normal(r, [slotCount * rank, columns], 0.3),
        },
        attributes,
      }),
    ]);
  }
  // A weight in three parts, the last one shorter.
  for (const format of formats) {
    const partRows = Math.ceil(rows / 3);
    const whole = { format, rows, columns, partRows, rank: 0, scale: 0, slots: [] };
    const parts = (r: Random) =>
      Object.fromEntries(
        [partRows, partRows, rows - 2 * partRows].map((count, i) => [
          `w${i}`,
          weightOf(r, count, columns, format),
        ]),
      );
    cases.push([
      'IdiolectLinear',
      `${label} ${format} in parts`,
      (r) => ({
        inputs: { x: normal(r, [n, columns]), bias: normal(r, [rows]), ...parts(r) },
        attributes: whole,
      }),
    ]);
    cases.push([
      'IdiolectLinearInputGradient',
      `${label} ${format} in parts`,
      (r) => ({ inputs: { dy: normal(r, [n, rows]), ...parts(r) }, attributes: whole }),
    ]);
  }
  const attributes = { format: 'f32', rows, columns, partRows: rows, rank, scale: 0.7, slots };
  cases.push([
    'IdiolectLinear',
    `${label} f32 adapter with its own input`,
    (r) => ({
      inputs: {
        x: normal(r, [n, columns]),
        w0: weightOf(r, rows, columns, 'f32'),
        a: normal(r, [slotCount * rank, columns], 0.3),
        b: normal(r, [adapted, rank], 0.3),
        loraInput: normal(r, [n, columns]),
      },
      attributes,
    }),
  ]);
  cases.push([
    'IdiolectLoraHiddenGradient',
    label,
    (r) => ({
      inputs: { dy: normal(r, [n, rows]), b: normal(r, [adapted, rank], 0.3) },
      attributes,
    }),
  ]);
  cases.push([
    'IdiolectLoraAGradient',
    label,
    (r) => ({
      inputs: { g: normal(r, [n, slotCount * rank]), x: normal(r, [n, columns]) },
      attributes,
    }),
  ]);
  cases.push([
    'IdiolectLoraBGradient',
    label,
    (r) => ({
      inputs: { dy: normal(r, [n, rows]), hidden: normal(r, [n, slotCount * rank]) },
      attributes,
    }),
  ]);
  cases.push([
    'IdiolectLinearWeightGradient',
    label,
    (r) => ({
      inputs: { dy: normal(r, [n, rows]), x: normal(r, [n, columns]) },
      attributes,
    }),
  ]);
  return cases;
}

function rowCases(): [string, string, Build][] {
  const cases: [string, string, Build][] = [];
  for (const [n, width] of [
    [1, 7],
    [3, 64],
    [5, 200],
  ] as const) {
    for (const epsilon of [1e-5, 0.1]) {
      const label = `${n}×${width} ε ${epsilon}`;
      const inputs = (r: Random) => ({
        x: normal(r, [n, width]),
        gamma: normal(r, [width]),
      });
      const dy = (r: Random) => ({ dy: normal(r, [n, width]) });
      const attributes = { epsilon };
      cases.push(['IdiolectRmsNorm', label, (r) => ({ inputs: inputs(r), attributes })]);
      cases.push([
        'IdiolectRmsNormBackward',
        label,
        (r) => ({ inputs: { ...inputs(r), ...dy(r) }, attributes }),
      ]);
      cases.push([
        'IdiolectRmsNormBackward',
        `${label} added`,
        (r) => ({
          inputs: { ...inputs(r), ...dy(r), soFar: normal(r, [n, width]) },
          attributes,
        }),
      ]);
      cases.push([
        'IdiolectLayerNorm',
        label,
        (r) => ({ inputs: { ...inputs(r), beta: normal(r, [width]) }, attributes }),
      ]);
      cases.push([
        'IdiolectLayerNormBackward',
        label,
        (r) => ({ inputs: { ...inputs(r), ...dy(r) }, attributes }),
      ]);
      cases.push([
        'IdiolectLayerNormBackward',
        `${label} added`,
        (r) => ({
          inputs: { ...inputs(r), ...dy(r), soFar: normal(r, [n, width]) },
          attributes,
        }),
      ]);
      for (const kernel of ['IdiolectRmsNormGammaGradient', 'IdiolectLayerNormGammaGradient']) {
        cases.push([
          kernel,
          label,
          (r) => ({ inputs: { x: normal(r, [n, width]), ...dy(r) }, attributes }),
        ]);
      }
    }
    const label = `${n}×${width}`;
    cases.push([
      'IdiolectLikeliest',
      label,
      (r) => {
        const logits = normal(r, [n, width]);
        // The largest twice: the first counts.
        logits.values[0] = logits.values[width - 1] = 9;
        return { inputs: { logits }, attributes: {} };
      },
    ]);
    cases.push([
      'IdiolectColumnSum',
      label,
      (r) => ({ inputs: { x: normal(r, [n, width]) }, attributes: {} }),
    ]);
    for (const form of ['tanh', 'erf']) {
      cases.push([
        'IdiolectGelu',
        `${label} ${form}`,
        (r) => ({ inputs: { x: normal(r, [n, width], 3) }, attributes: { form } }),
      ]);
      cases.push([
        'IdiolectGeluBackward',
        `${label} ${form}`,
        (r) => ({
          inputs: { x: normal(r, [n, width], 3), dy: normal(r, [n, width]) },
          attributes: { form },
        }),
      ]);
    }
    cases.push([
      'IdiolectSwiGlu',
      label,
      (r) => ({ inputs: { x: normal(r, [n, 2 * width], 3) }, attributes: {} }),
    ]);
    cases.push([
      'IdiolectSwiGluBackward',
      label,
      (r) => ({
        inputs: { x: normal(r, [n, 2 * width], 3), dy: normal(r, [n, width]) },
        attributes: {},
      }),
    ]);
    for (const seed of [1, 99]) {
      cases.push([
        'IdiolectDropout',
        `${label} seed ${seed}`,
        (r) => ({ inputs: { x: normal(r, [n, width]) }, attributes: { rate: 0.3, seed } }),
      ]);
    }
    cases.push([
      'IdiolectSquaredSum',
      label,
      (r) => ({ inputs: { x: normal(r, [n, width]) }, attributes: {} }),
    ]);
    cases.push([
      'IdiolectFlatten',
      label,
      (r) => ({
        inputs: { t0: normal(r, [n, width]), t1: normal(r, []), t2: normal(r, [width, 3]) },
        attributes: {},
      }),
    ]);
    cases.push([
      'IdiolectUnflatten',
      label,
      (r) => ({
        inputs: { vector: normal(r, [n * width + 5]) },
        attributes: { shapes: [[3], [n, width], [1, 2]] },
      }),
    ]);
    for (const lr of [1e-3, 0.1]) {
      cases.push([
        'IdiolectAdamW',
        `${label} lr ${lr}`,
        (r) => ({
          inputs: {
            parameter: normal(r, [n, width]),
            gradient: normal(r, [n, width]),
            momentum: normal(r, [n, width], 0.1),
            variance: { ...normal(r, [n, width]), values: positive(r, n * width) },
          },
          attributes: {
            lr,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weightDecay: 0.1,
            decayed: lr < 0.01 ? n * width : Math.floor((n * width) / 3),
            correction1: 0.1,
            correction2: 0.001,
            gradientScale: 0.5,
          },
        }),
      ]);
    }
  }
  return cases;
}

function positive(random: Random, count: number): Float32Array {
  return Float32Array.from({ length: count }, () => 0.01 + random.uniform());
}

function sequenceCases(): [string, string, Build][] {
  const cases: [string, string, Build][] = [];
  for (const [heads, headDim, rotaryDim, extra] of [
    [1, 4, 4, 0],
    [3, 8, 8, 16],
    [5, 6, 2, 3],
  ] as const) {
    for (const inverse of [false, true]) {
      cases.push([
        'IdiolectRope',
        `${heads}×${headDim} rotary ${rotaryDim} + ${extra}${inverse ? ' inverse' : ''}`,
        (r) => ({
          inputs: {
            x: normal(r, [11, heads * headDim + extra]),
            table: normal(r, [20, rotaryDim]),
            positions: integers(r, [11], 20),
          },
          attributes: { heads, headDim, rotaryDim, inverse },
        }),
      ]);
    }
  }
  for (const [batch, time, heads, kvHeads, headDim, window] of [
    [1, 1, 1, 1, 4, 0],
    [2, 7, 4, 2, 8, 0],
    [1, 37, 3, 1, 20, 0],
    [2, 19, 2, 2, 6, 4],
    [1, 70, 6, 2, 64, 0],
    // Lengths and widths that four neighbors can share: see attention/program.ts.
    [2, 12, 4, 2, 16, 0],
    [1, 24, 2, 2, 64, 5],
  ] as const) {
    const shape = { batch, time, heads, kvHeads, headDim, window, scale: 1 / Math.sqrt(headDim) };
    const rows = batch * time;
    const width = (heads + 2 * kvHeads) * headDim;
    const label = `B${batch} T${time} H${heads}/${kvHeads} D${headDim} window ${window}`;
    cases.push([
      'IdiolectAttention',
      label,
      (r) => ({ inputs: { qkv: normal(r, [rows, width]) }, attributes: shape }),
    ]);
    // The backward kernel reads what the forward saved: see `withForward`.
    cases.push([
      'IdiolectAttentionBackward',
      label,
      (r) => ({
        inputs: { qkv: normal(r, [rows, width]), dy: normal(r, [rows, heads * headDim]) },
        attributes: shape,
      }),
    ]);
    const capacity = time + 5;
    cases.push([
      'IdiolectCachedAttention',
      label,
      (r) => ({
        inputs: {
          qkv: normal(r, [rows, width]),
          cache: normal(r, [batch, capacity, 2 * kvHeads * headDim]),
          lengths: integers(r, [batch], 5),
        },
        attributes: { ...shape, capacity },
      }),
    ]);
  }
  return cases;
}

function tableCases(): [string, string, Build][] {
  const cases: [string, string, Build][] = [];
  for (const [count, rows, columns, predicted] of [
    [1, 7, 8, [0]],
    [9, 50, 64, [1, 2, 5, 8]],
    [40, 333, 34, Array.from({ length: 37 }, (_, i) => i + 3)],
  ] as const) {
    const label = `${count}×${columns}, V ${rows}`;
    const wide = predicted.length;
    for (const format of formats) {
      const attributes = { format, rows, columns, partRows: rows };
      cases.push([
        'IdiolectEmbedding',
        `${label} ${format}`,
        (r) => ({
          inputs: { ids: integers(r, [count], rows), w0: weightOf(r, rows, columns, format) },
          attributes,
        }),
      ]);
      for (const gradient of [false, true]) {
        cases.push([
          'IdiolectCrossEntropy',
          `${label} ${format}${gradient ? ' with gradient' : ''}`,
          (r) => ({
            inputs: {
              x: normal(r, [count, columns]),
              rows: given([...predicted]),
              targets: integers(r, [wide], rows),
              w0: weightOf(r, rows, columns, format),
            },
            attributes: { ...attributes, gradient },
          }),
        ]);
      }
      if (format !== 'f32') {
        cases.push([
          'IdiolectWiden',
          `${label} ${format}`,
          (r) => ({
            inputs: { words: weightOf(r, rows, columns, format) },
            attributes: { format, size: rows * rowValues(format, columns) },
          }),
        ]);
      }
      // A table in three parts, the last one shorter.
      const partRows = Math.ceil(rows / 3);
      const partSizes = [partRows, partRows, rows - 2 * partRows];
      const parts = (r: Random) =>
        Object.fromEntries(partSizes.map((n, i) => [`w${i}`, weightOf(r, n, columns, format)]));
      cases.push([
        'IdiolectEmbedding',
        `${label} ${format} in parts`,
        (r) => ({
          inputs: { ids: integers(r, [count], rows), ...parts(r) },
          attributes: { ...attributes, partRows },
        }),
      ]);
      cases.push([
        'IdiolectCrossEntropy',
        `${label} ${format} in parts`,
        (r) => ({
          inputs: {
            x: normal(r, [count, columns]),
            rows: given([...predicted]),
            targets: integers(r, [wide], rows),
            ...parts(r),
          },
          attributes: { ...attributes, partRows, gradient: true },
        }),
      ]);
    }
    const attributes = { format: 'f32', rows, columns, partRows: rows };
    cases.push([
      'IdiolectEmbeddingGradient',
      label,
      (r) => ({
        inputs: { ids: integers(r, [count], rows), dy: normal(r, [count, columns]) },
        attributes,
      }),
    ]);
    cases.push([
      'IdiolectScatterRows',
      label,
      (r) => ({
        inputs: {
          dx: normal(r, [wide, columns]),
          dy: normal(r, [wide]),
          rows: given([...predicted]),
        },
        attributes: { count },
      }),
    ]);
    cases.push([
      'IdiolectCrossEntropyWeightGradient',
      label,
      (r) => ({
        inputs: {
          x: normal(r, [count, columns]),
          rows: given([...predicted]),
          targets: integers(r, [wide], rows),
          w0: normal(r, [rows, columns], 0.2),
          dy: normal(r, [wide]),
        },
        attributes: { ...attributes, gradient: true },
      }),
    ]);
  }
  return cases;
}

/** Every case, built from one seed so that all backends see the same numbers. */
export function kernelCases(): KernelCase[] {
  const all = [...linearCases(), ...rowCases(), ...sequenceCases(), ...tableCases()];
  return all.map(([kernel, label, build], index) => ({
    kernel,
    label,
    ...build(createRandom(index + 1)),
  }));
}
