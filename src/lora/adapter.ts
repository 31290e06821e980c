/**
 * A LoRA adapter over a model: which stacked linears it adapts, and the matrices A and B of each,
 * as float32 variables. Wrap, train, take home, dispose; the base model is never touched.
 * Initialization as in PEFT: A uniform in ±1/√in, B zero, so that the adapter starts as nothing.
 */
import { tensor, variable, zeros, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import type {
  LanguageModel,
  Projection,
  Replacements,
  StackedLinear,
} from '../../models/language-model.ts';
import { DataError } from '../errors.ts';
import type { LinearAdapter, Slot } from '../ops/linear/linear.ts';
import { denseWeight, disposeWeight, type Weight } from '../ops/weight.ts';
import type { Random } from '../random.ts';
import { loraScale, type LoraSettings } from './config.ts';

/** The adapter's part in one stacked linear. */
export interface AdaptedLinear {
  layer: StackedLinear;
  /** The adapted projections, one per slot. */
  projections: readonly Projection[];
  slots: readonly Slot[];
  /** [S·R, in] */
  a: Variable;
  /** [Σ slot rows, R] */
  b: Variable;
}

export interface LoraAdapter {
  readonly settings: LoraSettings;
  readonly scale: number;
  readonly linears: ReadonlyMap<string, AdaptedLinear>;
  /** PEFT's target_modules, sorted: leaf names, or whole paths when not all layers are adapted. */
  readonly targetModules: readonly string[];
  /** Norms, embeddings or a head that stand in for the base model's; empty for most adapters. */
  readonly replacements: Replacements;
  readonly parameterCount: number;
  /** What training changes, in a fixed order. */
  readonly variables: readonly { name: string; variable: Variable }[];
  dispose(): void;
}

/** Values of one adapted projection: A [R, in] and B [out, R] in the file's row order. */
export interface LoraValues {
  a: Float32Array;
  b: Float32Array;
}

/**
 * A fresh adapter.
 * @throws DataError when the settings target no layer
 */
export function createAdapter(
  model: LanguageModel,
  settings: LoraSettings,
  random: Random,
): LoraAdapter {
  const targets = targetLeaves(model, settings);
  return buildAdapter(
    model,
    settings,
    (path) => targets.has(leafOf(path)),
    (path, columns, rows) => {
      const bound = 1 / Math.sqrt(columns);
      const stream = random.fork(`lora/${path}`);
      const a = Float32Array.from(
        { length: settings.rank * columns },
        () => (2 * stream.uniform() - 1) * bound,
      );
      return { a, b: new Float32Array(rows * settings.rank) };
    },
  );
}

/**
 * An adapter with given values, by PEFT's module path.
 * @param saved whole tensors by their names in the checkpoint, each one of `model.replaceable`
 */
export function adapterFromValues(
  model: LanguageModel,
  settings: LoraSettings,
  values: ReadonlyMap<string, LoraValues>,
  saved: ReadonlyMap<string, Float32Array> = new Map(),
): LoraAdapter {
  return buildAdapter(
    model,
    settings,
    (path) => values.has(path),
    (path) => values.get(path)!,
    saved,
  );
}

/** The matrix that logits are read from, [V, C]: the adapter's where it brings one. */
export function headOf(model: LanguageModel, adapter: LoraAdapter | undefined): Weight {
  return adapter?.replacements.matrices.get('head') ?? model.head;
}

/** The whole tensors an adapter brings, by their names in the checkpoint. */
export async function replacedValues(
  model: LanguageModel,
  { replacements }: LoraAdapter,
): Promise<Map<string, { shape: readonly number[]; values: Float32Array }>> {
  const all = new Map<string, { shape: readonly number[]; values: Float32Array }>();
  const done = new Set<string>();
  for (const [name, { part, shape }] of model.replaceable) {
    // Some heads have two names.
    if (done.has(part)) continue;
    done.add(part);
    const stored = replacements.vectors.get(part) ?? replacements.matrices.get(part)?.parts[0];
    if (stored) all.set(name, { shape, values: (await stored.data()) as Float32Array });
  }
  return all;
}

/** The values by PEFT's module path, B's rows in the file's order. */
export async function adapterValues(adapter: LoraAdapter): Promise<Map<string, LoraValues>> {
  const { rank } = adapter.settings;
  const values = new Map<string, LoraValues>();
  for (const { layer, projections, a, b } of adapter.linears.values()) {
    const [allA, allB] = (await Promise.all([a.data(), b.data()])) as [Float32Array, Float32Array];
    const columns = layer.weight.columns;
    let bRow = 0;
    projections.forEach(({ path, start, end, order }, slot) => {
      const rows = end - start;
      const stacked = allB.slice(bRow * rank, (bRow + rows) * rank);
      values.set(path, {
        a: allA.slice(slot * rank * columns, (slot + 1) * rank * columns),
        b: order ? reorderRows(stacked, rank, order, 'to file') : stacked,
      });
      bRow += rows;
    });
  }
  return values;
}

/** What the linear op needs for one layer; undefined when the layer is not adapted. */
export function linearAdapter(
  adapter: LoraAdapter | undefined,
  layer: StackedLinear,
  input?: Tensor,
): LinearAdapter | undefined {
  const adapted = adapter?.linears.get(layer.name);
  if (!adapter || !adapted) return undefined;
  const { a, b, slots } = adapted;
  const { rank } = adapter.settings;
  return { a, b, slots, rank, scale: adapter.scale, ...(input && { input }) };
}

/** The last part of a module path: "q_proj". */
export function leafOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

/** How many numbers training would change; Σ over targets of rank·(in + out). */
export function adapterSize(model: LanguageModel, settings: LoraSettings): number {
  const targets = targetLeaves(model, settings);
  let total = 0;
  for (const { weight, projections } of model.linears) {
    for (const { path, start, end } of projections) {
      if (targets.has(leafOf(path))) total += settings.rank * (weight.columns + end - start);
    }
  }
  return total;
}

/** @throws DataError for names that no layer of the model has, listing those it has */
function targetLeaves(model: LanguageModel, settings: LoraSettings): Set<string> {
  const { targets, targetModules } = settings;
  const leaves = new Set(
    model.linears.flatMap(({ projections }) => projections.map((p) => leafOf(p.path))),
  );
  if (targetModules) {
    const unknown = targetModules.filter((name) => !leaves.has(name));
    if (unknown.length === 0 && targetModules.length > 0) return new Set(targetModules);
    throw new DataError(`No layer of the model is called ${unknown.join(' or ') || 'nothing'}.`, [
      `Its linear layers are ${[...leaves].sort().join(', ')}.`,
    ]);
  }
  return targets === 'attention' ? new Set(model.defaultTargets) : leaves;
}

function buildAdapter(
  model: LanguageModel,
  settings: LoraSettings,
  adapts: (path: string) => boolean,
  initial: (path: string, columns: number, rows: number) => LoraValues,
  saved: ReadonlyMap<string, Float32Array> = new Map(),
): LoraAdapter {
  const { rank } = settings;
  const linears = new Map<string, AdaptedLinear>();
  for (const layer of model.linears) {
    const projections = layer.projections.filter(({ path }) => adapts(path));
    if (projections.length === 0) continue;
    const columns = layer.weight.columns;
    const rowCount = projections.reduce((sum, { start, end }) => sum + end - start, 0);
    const a = new Float32Array(projections.length * rank * columns);
    const b = new Float32Array(rowCount * rank);
    let bRow = 0;
    projections.forEach(({ path, start, end, order }, slot) => {
      const values = initial(path, columns, end - start);
      a.set(values.a, slot * rank * columns);
      b.set(order ? reorderRows(values.b, rank, order, 'to stack') : values.b, bRow * rank);
      bRow += end - start;
    });
    linears.set(layer.name, {
      layer,
      projections,
      slots: projections.map(({ start, end }) => ({ start, end })),
      a: makeVariable(a, [projections.length * rank, columns]),
      b: makeVariable(b, [rowCount, rank]),
    });
  }
  if (linears.size === 0) throw new DataError('These settings adapt no layer of the model.');
  const all = [...linears.values()];
  const replacements = replacementsOf(model, saved);
  const variables = all.flatMap(({ layer, a, b }) => [
    { name: `${layer.name}.loraA`, variable: a },
    { name: `${layer.name}.loraB`, variable: b },
  ]);
  return {
    settings,
    scale: loraScale(settings),
    linears,
    replacements,
    targetModules: targetModulesOf(
      model,
      all.flatMap(({ projections }) => projections.map(({ path }) => path)),
    ),
    parameterCount: variables.reduce((sum, { variable: { size } }) => sum + size, 0),
    variables,
    dispose() {
      for (const { variable: each } of variables) each.dispose();
      for (const vector of replacements.vectors.values()) vector.dispose();
      for (const weight of replacements.matrices.values()) disposeWeight(weight);
    },
  };
}

function replacementsOf(
  model: LanguageModel,
  saved: ReadonlyMap<string, Float32Array>,
): Replacements {
  const vectors = new Map<string, Tensor>();
  const matrices = new Map<string, Weight>();
  for (const [name, values] of saved) {
    const { part, shape } = model.replaceable.get(name)!;
    if (shape.length === 1) vectors.set(part, tensor(values, [shape[0]!]));
    else matrices.set(part, denseWeight(tensor(values, [shape[0]!, shape[1]!])));
  }
  return { vectors, matrices };
}

/** A leaf name stands for every layer that ends in it; if one of them is not adapted, paths must do. */
function targetModulesOf(model: LanguageModel, adapted: readonly string[]): string[] {
  const leaves = new Set(adapted.map(leafOf));
  const meant = model.linears.flatMap(({ projections }) =>
    projections.filter(({ path }) => leaves.has(leafOf(path))),
  );
  return (meant.length === adapted.length ? [...leaves] : [...adapted]).sort();
}

function makeVariable(values: Float32Array, shape: [number, number]): Variable {
  const initial = values.length > 0 ? tensor(values, shape) : zeros(shape);
  const trained = variable(initial);
  initial.dispose();
  return trained;
}

/** Stack row i is the file's row order[i]. */
function reorderRows(
  rows: Float32Array,
  width: number,
  order: Int32Array,
  direction: 'to file' | 'to stack',
): Float32Array {
  const moved = new Float32Array(rows.length);
  order.forEach((fileRow, stackRow) => {
    const [from, to] = direction === 'to stack' ? [fileRow, stackRow] : [stackRow, fileRow];
    moved.set(rows.subarray(from * width, (from + 1) * width), to * width);
  });
  return moved;
}
