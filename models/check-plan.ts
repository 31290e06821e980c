/** A family's plan against the tensors of a file: what is missing, what has another shape, what is left over. */
import { ModelFileError } from '../src/errors.ts';
import { notice, type Notice } from '../src/notices.ts';
import type { NamedTensor, TensorFile } from '../src/storage/tensor-file.ts';
import { findTensor, type PlanPart, type WeightPlan } from './weight-plan.ts';

/** The tensor of a part that the check has found. */
export type Find = (part: PlanPart) => NamedTensor;

/** @throws ModelFileError that lists every missing tensor and every wrong shape at once */
export function checkPlan(
  modelId: string,
  plan: WeightPlan,
  file: TensorFile,
): { find: Find; notices: Notice[] } {
  const problems: string[] = [];
  const used = new Set<string>();
  const lookUpPart = (part: PlanPart) => {
    const found = findTensor(file, plan, part);
    if (found) used.add(found.name);
    return found;
  };
  const check = (part: PlanPart, columns: number | undefined) => {
    const found = lookUpPart(part);
    const expected =
      columns === undefined
        ? [part.rows]
        : part.transposed
          ? [columns, part.rows]
          : [part.rows, columns];
    if (!found) {
      const format = file.unreadable.get(part.tensor);
      problems.push(
        format === undefined
          ? `${part.tensor} [${expected.join(', ')}] is missing.`
          : `${part.tensor} is stored as ${format}; F32, F16 and BF16 are read.`,
      );
    } else if (found.shape.join() !== expected.join()) {
      problems.push(
        `${part.tensor}: expected shape [${expected.join(', ')}] by config.json, found [${found.shape.join(', ')}].`,
      );
    }
  };
  for (const { columns, parts } of plan.matrices) for (const part of parts) check(part, columns);
  for (const { parts } of plan.vectors) for (const part of parts) check(part, undefined);
  if (problems.length > 0) {
    throw new ModelFileError(`${modelId}: the weights do not fit config.json.`, problems);
  }
  // Of a tied model: the same numbers as the embedding's.
  lookUpPart(plan.head.parts[0]!);
  const spare = [...file.tensors.keys(), ...file.unreadable.keys()].filter(
    (name) => !used.has(name) && !plan.ignored.some((pattern) => pattern.test(name)),
  );
  const notices = [...file.notices];
  if (spare.length > 0) {
    const text = 'Some tensors of the file have no place in this model and were not used.';
    notices.push(notice('dropped', text, spare));
  }
  return { find: (part: PlanPart) => lookUpPart(part)!, notices };
}
