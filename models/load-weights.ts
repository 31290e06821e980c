/**
 * From the tensors of a checkpoint to weights on the engine, by a plan. Everything wrong with the
 * file is found before anything is uploaded; then one matrix at a time passes through host memory.
 */
import { tensor, variable, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { notice, type Notice } from '../src/notices.ts';
import {
  disposeWeight,
  rowBytes,
  uploadWeight,
  type Weight,
  type WeightFormat,
} from '../src/ops/weight.ts';
import { nonFiniteProblem } from '../src/storage/finite.ts';
import { readFloat32, type NamedTensor, type TensorFile } from '../src/storage/tensor-file.ts';
import { throwProblems } from '../src/storage/problems.ts';
import { checkPlan, type Find } from './check-plan.ts';
import type { Precision } from './precision.ts';
import type { MatrixPlan, PlanPart, VectorPlan, WeightPlan } from './weight-plan.ts';

export interface LoadOptions {
  precision: Precision;
  /** Every weight becomes a float32 variable, for full fine-tuning. */
  trainable: boolean;
  /** Largest single tensor the engine can bind, bytes. */
  maxTensorBytes: number;
  /** Called after each tensor with bytes read so far and in all. */
  report?: (bytesDone: number, bytesTotal: number, name: string) => Promise<void>;
}

export interface LoadedWeights {
  matrices: Map<string, Weight>;
  vectors: Map<string, Tensor>;
  /** The variables behind them when trainable. */
  variables: Map<string, Variable>;
  bytes: number;
  formats: Set<WeightFormat>;
  notices: Notice[];
  dispose(): void;
}

/**
 * @throws ModelFileError that lists every missing tensor and every wrong shape at once, or every tensor
 *   with values that are not finite
 */
export async function loadWeights(
  modelId: string,
  plan: WeightPlan,
  file: TensorFile,
  options: LoadOptions,
): Promise<LoadedWeights> {
  const { find, notices } = checkPlan(modelId, plan, file);
  const total = [...plan.matrices, ...plan.vectors]
    .flatMap(({ parts }) => parts)
    .reduce((sum, part) => sum + byteLength(find(part)), 0);
  const loaded: LoadedWeights = {
    matrices: new Map(),
    vectors: new Map(),
    variables: new Map(),
    bytes: 0,
    formats: new Set(),
    notices,
    dispose() {
      for (const weight of loaded.matrices.values()) disposeWeight(weight);
      for (const values of loaded.vectors.values()) values.dispose();
    },
  };
  let done = 0;
  const broken: string[] = [];
  const advance = async ({ name, parts }: { name: string; parts: PlanPart[] }) => {
    for (const part of parts) done += byteLength(find(part));
    await options.report?.(done, total, name);
  };
  try {
    const narrow = options.precision === 'int8' ? plan.matrices.filter(isNarrow) : [];
    if (narrow.length > 0 && !options.trainable) notices.push(narrowNotice(narrow));
    for (const item of plan.matrices) {
      const weight = await loadMatrix(item, find, options, broken);
      loaded.matrices.set(item.name, weight);
      loaded.formats.add(weight.format);
      loaded.bytes += weight.rows * rowBytes(weight.format, weight.columns);
      if (options.trainable) loaded.variables.set(item.name, weight.parts[0] as Variable);
      await advance(item);
    }
    for (const item of plan.vectors) {
      const values = await stackVectors(item, find, broken);
      const plain = tensor(values, [values.length], 'float32');
      const uploaded = options.trainable ? variable(plain) : plain;
      if (options.trainable) plain.dispose();
      loaded.vectors.set(item.name, uploaded);
      loaded.bytes += values.byteLength;
      if (options.trainable) loaded.variables.set(item.name, uploaded as Variable);
      await advance(item);
    }
    throwProblems(`${modelId}: the weights hold values that are not finite numbers.`, broken);
  } catch (error) {
    loaded.dispose();
    throw error;
  }
  return loaded;
}

function byteLength({ shape, dtype }: NamedTensor): number {
  return shape.reduce((a, b) => a * b, 1) * (dtype === 'F32' ? 4 : 2);
}

async function loadMatrix(
  { columns, parts }: MatrixPlan,
  find: Find,
  { precision, trainable, maxTensorBytes }: LoadOptions,
  broken: string[],
): Promise<Weight> {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const dtypes = new Set(parts.map((part) => find(part).dtype));
  const [dtype] = dtypes;
  const eight = precision === 'int8' && !trainable && !isNarrow({ columns });
  const sixteen =
    precision !== 'f32' &&
    !eight &&
    !trainable &&
    dtypes.size === 1 &&
    dtype !== 'F32' &&
    columns % 2 === 0;
  const values = sixteen ? new Uint16Array(rows * columns) : new Float32Array(rows * columns);
  let offset = 0;
  for (const part of parts) {
    const source = sixteen ? await readHalves(find(part)) : await readFloat32(find(part));
    noteNonFinite(find(part), source, broken);
    placeRows(values, offset, source, columns, part);
    offset += part.rows * columns;
  }
  const format: WeightFormat = eight
    ? 'int8'
    : sixteen
      ? dtype === 'F16'
        ? 'f16'
        : 'bf16'
      : 'f32';
  // A variable is one tensor: full fine-tuning is for models far below any binding limit.
  const weight = uploadWeight(
    values,
    rows,
    columns,
    format,
    trainable ? undefined : maxTensorBytes,
  );
  if (!trainable) return weight;
  const trained = variable(weight.parts[0]!);
  disposeWeight(weight);
  return { ...weight, parts: [trained] };
}

/** Rows so short that filling their last block of int8 makes them no smaller than in 16 bits. */
function isNarrow({ columns }: { columns: number }): boolean {
  return rowBytes('int8', columns) >= rowBytes('f16', columns);
}

function narrowNotice(matrices: readonly MatrixPlan[]): Notice {
  const widths = [...new Set(matrices.map(({ columns }) => columns))].sort((a, b) => a - b);
  return notice(
    'info',
    `${matrices.length} matrices have rows too short for int8 (${widths.join(', ')} columns) and stay as stored.`,
  );
}

async function readHalves(named: NamedTensor): Promise<Uint16Array> {
  const bytes = await named.read();
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2);
}

/** Copies a tensor of the file into the stack, turned and reordered as its plan says. */
function placeRows(
  target: Float32Array | Uint16Array,
  offset: number,
  source: Float32Array | Uint16Array,
  columns: number,
  { rows, transposed, order: orderOf }: PlanPart,
): void {
  const order = orderOf?.();
  if (!transposed && !order) {
    target.set(source, offset);
    return;
  }
  for (let row = 0; row < rows; row++) {
    const from = order ? order[row]! : row;
    for (let column = 0; column < columns; column++) {
      target[offset + row * columns + column] = transposed
        ? source[column * rows + from]!
        : source[from * columns + column]!;
    }
  }
}

function noteNonFinite(
  { name, shape, dtype }: NamedTensor,
  values: Float32Array | Uint16Array,
  broken: string[],
): void {
  const problem = nonFiniteProblem(name, shape, values, dtype);
  if (problem !== undefined) broken.push(problem);
}

async function stackVectors(
  { parts }: VectorPlan,
  find: Find,
  broken: string[],
): Promise<Float32Array> {
  const size = parts.reduce((sum, part) => sum + part.rows, 0);
  const values = new Float32Array(size);
  let offset = 0;
  for (const part of parts) {
    const source = await readFloat32(find(part));
    noteNonFinite(find(part), source, broken);
    placeRows(values, offset, source, 1, part);
    offset += part.rows;
  }
  return values;
}
