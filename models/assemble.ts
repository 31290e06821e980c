/**
 * From a family's plan and loaded weights to a LanguageModel: everything that does not differ
 * between families.
 */
import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import type { Weight } from '../src/ops/weight.ts';
import type { TensorFile } from '../src/storage/tensor-file.ts';
import type { ForwardContext, LanguageModel, Projection, StackedLinear } from './language-model.ts';
import { loadWeights, type LoadedWeights, type LoadOptions } from './load-weights.ts';
import type { RopeConfig } from './rope-config.ts';
import { ropeTable } from './rope-table.ts';
import { weightState } from './save-weights.ts';
import { settleHead } from './tied-head.ts';
import type { MatrixPlan, WeightPlan } from './weight-plan.ts';
import type { Notice } from '../src/notices.ts';

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

/** @throws ModelFileError when the weights do not fit the plan */
export async function assemble(
  id: string,
  blueprint: Blueprint,
  file: TensorFile,
  options: LoadOptions,
): Promise<LanguageModel> {
  const { rope } = blueprint;
  const { plan, tied, notices } = await settleHead(blueprint.plan, blueprint.tied, file);
  const loaded = await loadWeights(id, plan, file, options);
  const contextLength = Math.min(blueprint.shape.contextLength, MAX_POSITIONS);
  const table =
    rope &&
    tensor(ropeTable(rope.config, rope.rotaryDim, contextLength), [contextLength, rope.rotaryDim]);
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
    notices: [...blueprint.notices, ...notices, ...loaded.notices],
    parameters: [...loaded.variables].map(([name, variable]) => ({
      name,
      variable,
      decays: decays.has(name),
    })),
    hidden: (context) => blueprint.hidden(parts, context),
    state: () => weightState(plan, loaded),
    dispose() {
      loaded.dispose();
      table?.dispose();
    },
  };
}

function isLinear({ parts }: MatrixPlan): boolean {
  return parts[0]?.path !== undefined;
}

function stackedLinear({ name, parts }: MatrixPlan, loaded: LoadedWeights): StackedLinear {
  let start = 0;
  const projections = parts.map(({ path, rows, order }): Projection => {
    const projection: Projection = { path: path!, start, end: start + rows };
    if (order) projection.order = order;
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
