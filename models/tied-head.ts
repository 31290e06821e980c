/**
 * Whether the output head is the embedding. config.json may tie the two while the file holds a head of
 * its own; transformers then uses the head in the file, and so do we, once the two are seen to differ.
 */
import { notice, type Notice } from '../src/notices.ts';
import { readFloat32, type NamedTensor, type TensorFile } from '../src/storage/tensor-file.ts';
import { findTensor, type MatrixPlan, type WeightPlan } from './weight-plan.ts';

export interface SettledHead {
  plan: WeightPlan;
  /** Logits are read from the embedding. */
  tied: boolean;
  notices: Notice[];
}

export async function settleHead(
  plan: WeightPlan,
  tied: boolean,
  file: TensorFile,
): Promise<SettledHead> {
  const part = plan.head.parts[0]!;
  if (!tied) return { plan: withHead(plan), tied, notices: [] };
  const head = findTensor(file, plan, part);
  const embedding = findTensor(file, plan, plan.matrices[0]!.parts[0]!);
  if (!head || !embedding || head === embedding || (await isSame(head, embedding))) {
    return { plan, tied, notices: [] };
  }
  const text =
    'config.json ties the output head to the embedding, but the weights hold a head that differs; the head in the file is used, as transformers does.';
  return {
    plan: withHead(plan),
    tied: false,
    notices: [notice('doubtful', text, ['config.json: tie_word_embeddings', head.name])],
  };
}

function withHead(plan: WeightPlan): WeightPlan {
  const matrices: MatrixPlan[] = [...plan.matrices];
  matrices.splice(1, 0, plan.head);
  return { ...plan, matrices };
}

async function isSame(a: NamedTensor, b: NamedTensor): Promise<boolean> {
  if (a.shape.join() !== b.shape.join()) return false;
  if (a.dtype === b.dtype) {
    const [left, right] = [await a.read(), await b.read()];
    return left.every((byte, i) => byte === right[i]);
  }
  const [left, right] = [await readFloat32(a), await readFloat32(b)];
  return left.every((value, i) => value === right[i]);
}
