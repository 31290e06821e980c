/**
 * From a family's plan and loaded weights to a LanguageModel: everything that does not differ
 * between families.
 */
import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import type { Weight } from '../src/ops/weight.ts';
import type { TensorFile } from '../src/storage/tensor-file.ts';
import { widen } from '../src/ops/widen/widen.ts';
import type {
  ForwardContext,
  LanguageModel,
  Projection,
  ReplaceablePart,
  StackedLinear,
} from './language-model.ts';
import { dynamicRope } from './dynamic-rope.ts';
import { loadWeights, type LoadedWeights, type LoadOptions } from './load-weights.ts';
import type { RopeConfig } from './rope-config.ts';
import { ropeTable } from './rope-table.ts';
import { weightState } from './save-weights.ts';
import type { SettledHead } from './tied-head.ts';
import type { MatrixPlan, PlanPart, WeightPlan } from './weight-plan.ts';
import { notice, type Notice } from '../src/notices.ts';

/** What a forward pass asks for by name. */
export interface ModelParts {
  matrix(name: string): Weight;
  vector(name: string): Tensor;
  linear(name: string): StackedLinear;
  /** [contextLength, rotaryDim] */
  ropeTable(): Tensor;
}

export interface Blueprint {
  plan: WeightPlan;
  shape: Omit<LanguageModel['shape'], 'parameters'>;
  rope?: { config: RopeConfig; rotaryDim: number };
  tied: boolean;
  defaultTargets: readonly string[];
  fanInFanOut: boolean;
  notices: Notice[];
  hidden(parts: ModelParts, context: ForwardContext): Tensor;
}

/** Longer than any sequence that fits a tab; keeps the rope table small. */
const MAX_POSITIONS = 8192;

/** @throws ModelFileError when the weights do not fit the plan or are no finite numbers */
export async function assemble(
  id: string,
  blueprint: Blueprint,
  { plan, tied, notices }: SettledHead,
  file: TensorFile,
  options: LoadOptions,
): Promise<LanguageModel> {
  const { rope } = blueprint;
  const loaded = await loadWeights(id, plan, file, options);
  const contextLength = Math.min(reachOf(blueprint), MAX_POSITIONS);
  const dynamic =
    rope?.config.scaling.type === 'dynamic'
      ? dynamicRope(rope.config, rope.rotaryDim, rope.config.scaling.trained)
      : undefined;
  const table =
    rope && !dynamic
      ? tensor(ropeTable(rope.config, rope.rotaryDim, contextLength), [
          contextLength,
          rope.rotaryDim,
        ])
      : undefined;
  const linears = new Map(
    plan.matrices.filter(isLinear).map((item) => [item.name, stackedLinear(item, loaded)]),
  );
  const parts: ModelParts = {
    matrix: (name) => required(loaded.matrices, name),
    vector: (name) => required(loaded.vectors, name),
    linear: (name) => required(linears, name),
    ropeTable: () => table!,
  };
  const decays = new Set(plan.matrices.map(({ name }) => name));
  return {
    id,
    shape: { ...blueprint.shape, contextLength, parameters: countParameters(plan) },
    linears: [...linears.values()],
    head: parts.matrix(tied ? 'embedding' : 'head'),
    defaultTargets: blueprint.defaultTargets,
    fanInFanOut: blueprint.fanInFanOut,
    weightBytes: loaded.bytes,
    format: loaded.formats.size === 1 ? [...loaded.formats][0]! : 'mixed',
    notices: [
      ...blueprint.notices,
      ...notices,
      ...contextNotice(reachOf(blueprint)),
      ...loaded.notices,
    ],
    parameters: [...loaded.variables].map(([name, variable]) => ({
      name,
      variable,
      decays: decays.has(name),
    })),
    replaceable: replaceableParts(plan, tied),
    projectionValues: (path) => projectionValues([...linears.values()], path),
    hidden(context) {
      const replaced = withReplacements(parts, context);
      if (!dynamic) return blueprint.hidden(replaced, context);
      const forBatch = dynamic.tableFor(context);
      return blueprint.hidden({ ...replaced, ropeTable: () => forBatch }, context);
    },
    state: () => weightState(plan, loaded),
    dispose() {
      loaded.dispose();
      table?.dispose();
      dynamic?.dispose();
    },
  };
}

function contextNotice(reach: number): Notice[] {
  if (reach <= MAX_POSITIONS) return [];
  const text = `Texts are limited to ${MAX_POSITIONS} tokens here; the model's context is ${reach}.`;
  return [notice('info', text, ['config.json: max_position_embeddings'])];
}

/** Longest text: with dynamic rope as many times the trained context as its factor says. */
function reachOf({ shape, rope }: Blueprint): number {
  const scaling = rope?.config.scaling;
  if (scaling?.type !== 'dynamic') return shape.contextLength;
  return Math.floor(shape.contextLength * Math.max(1, scaling.factor));
}

function withReplacements(parts: ModelParts, { replacements }: ForwardContext): ModelParts {
  if (!replacements) return parts;
  return {
    ...parts,
    matrix: (name) => replacements.matrices.get(name) ?? parts.matrix(name),
    vector: (name) => replacements.vectors.get(name) ?? parts.vector(name),
  };
}

/** All that is no linear layer nor a bias of one; a tied head may be replaced by itself. */
function replaceableParts(plan: WeightPlan, tied: boolean): Map<string, ReplaceablePart> {
  const biases = new Set(plan.matrices.filter(isLinear).map(({ name }) => `${name}.bias`));
  const all = new Map<string, ReplaceablePart>();
  const add = (part: string, { tensor: name, rows }: PlanPart, columns: readonly number[]) =>
    all.set(name, { part, shape: [rows, ...columns] });
  for (const item of plan.matrices) {
    if (!isLinear(item)) add(item.name, item.parts[0]!, [item.columns]);
  }
  const head = plan.head.parts[0]!;
  if (tied) add(plan.head.name, head, [plan.head.columns]);
  if (head.alias !== undefined)
    add(plan.head.name, { ...head, tensor: head.alias }, [plan.head.columns]);
  for (const { name, parts } of plan.vectors) {
    if (!biases.has(name)) add(name, parts[0]!, []);
  }
  return all;
}

async function projectionValues(
  linears: readonly StackedLinear[],
  path: string,
): Promise<Float32Array> {
  for (const { weight, projections } of linears) {
    const found = projections.find((projection) => projection.path === path);
    if (!found) continue;
    const whole = widen(weight);
    const values = (await whole.data()) as Float32Array;
    whole.dispose();
    const { columns } = weight;
    const rows = values.slice(found.start * columns, found.end * columns);
    const { order } = found;
    if (!order) return rows;
    const inFile = new Float32Array(rows.length);
    order.forEach((to, from) => {
      inFile.set(rows.subarray(from * columns, (from + 1) * columns), to * columns);
    });
    return inFile;
  }
  throw new RangeError(`The model has no linear layer ${path}.`);
}

function isLinear({ parts }: MatrixPlan): boolean {
  return parts[0]?.path !== undefined;
}

function stackedLinear({ name, parts }: MatrixPlan, loaded: LoadedWeights): StackedLinear {
  let start = 0;
  const projections = parts.map(({ path, rows, order }): Projection => {
    const projection: Projection = { path: path!, start, end: start + rows };
    if (order) projection.order = order();
    start += rows;
    return projection;
  });
  const bias = loaded.vectors.get(`${name}.bias`);
  return { name, weight: required(loaded.matrices, name), projections, ...(bias && { bias }) };
}

function countParameters({ matrices, vectors }: WeightPlan): number {
  const rows = (parts: { rows: number }[]) => parts.reduce((sum, part) => sum + part.rows, 0);
  return (
    matrices.reduce((sum, { columns, parts }) => sum + rows(parts) * columns, 0) +
    vectors.reduce((sum, { parts }) => sum + rows(parts), 0)
  );
}

function required<Value>(map: ReadonlyMap<string, Value>, name: string): Value {
  const value = map.get(name);
  if (value === undefined) throw new RangeError(`The model has no part named ${name}.`);
  return value;
}
