/**
 * Which tensors of a checkpoint make up which matrix or vector of a model. A family writes its plan
 * as data; checking and loading are the same for all.
 */
import type { NamedTensor, TensorFile } from '../src/storage/tensor-file.ts';

/** One tensor of the file that becomes rows of a stacked matrix, or elements of a stacked vector. */
export interface PlanPart {
  /** Name in the file, without an optional family prefix. */
  tensor: string;
  /** Another name that some checkpoints use. */
  alias?: string;
  /** Rows of the matrix (its out features) or length of the vector. */
  rows: number;
  /** PEFT's module path when this is a linear layer that may be adapted. */
  path?: string;
  /** Stored as [in, out]. */
  transposed?: boolean;
  /** Stack row i is the file's row order[i]; made when the shapes are known to fit. */
  order?: () => Int32Array;
}

export interface MatrixPlan {
  name: string;
  columns: number;
  parts: PlanPart[];
}

export interface VectorPlan {
  name: string;
  parts: PlanPart[];
}

export interface WeightPlan {
  /** The embedding is the first. */
  matrices: MatrixPlan[];
  /** The output head, where it is not the embedding. */
  head: MatrixPlan;
  vectors: VectorPlan[];
  /** Prefix that some checkpoints of the family have and some do not, such as "transformer.". */
  optionalPrefix?: string;
  /** Tensors that may be there and are not needed, such as stored masks. */
  ignored: RegExp[];
}

/** The tensor of a part, with or without the family's prefix, under its name or its alias. */
export function findTensor(
  file: TensorFile,
  plan: WeightPlan,
  { tensor, alias }: PlanPart,
): NamedTensor | undefined {
  const prefix = plan.optionalPrefix ?? '';
  for (const name of alias === undefined ? [tensor] : [tensor, alias]) {
    const bare = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    const found = file.tensors.get(name) ?? file.tensors.get(bare);
    if (found) return found;
  }
  return undefined;
}

/** A matrix from one tensor. */
export function matrix(
  name: string,
  tensor: string,
  rows: number,
  columns: number,
  extra: Partial<PlanPart> = {},
): MatrixPlan {
  return { name, columns, parts: [{ tensor, rows, ...extra }] };
}

/** The embedding [V, C]; some files of tied models hold it only under the head's name. */
export function embeddingOf(
  tensor: string,
  { vocabSize, width, tied }: { vocabSize: number; width: number; tied: boolean },
): MatrixPlan {
  return matrix('embedding', tensor, vocabSize, width, tied ? { alias: 'lm_head.weight' } : {});
}

/** A vector from one tensor. */
export function vector(name: string, tensor: string, rows: number): VectorPlan {
  return { name, parts: [{ tensor, rows }] };
}
