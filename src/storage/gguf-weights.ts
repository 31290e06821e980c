/**
 * The tensors of a Llama GGUF file under their Hugging Face names. Two things are undone on the
 * way: quantization (see `gguf-blocks.ts`) and the order of the query and key rows, which GGUF
 * writers interleave per head because their rope turns neighboring rows instead of the two halves.
 */
import { ModelFileError, UnsupportedModelError } from '../errors.ts';
import type { ByteSource, Bytes } from './byte-source.ts';
import { READABLE_FORMATS, formatName, type ReadableFormat } from './gguf-blocks.ts';
import type { LlamaConfigJson } from './gguf-config.ts';
import type { GgufTensor } from './gguf-layout.ts';
import { throwProblems } from './problems.ts';
import { elementCount, type NamedTensor } from './tensor-file.ts';

const OUTER_NAMES: ReadonlyMap<string, string> = new Map([
  ['token_embd', 'model.embed_tokens'],
  ['output_norm', 'model.norm'],
  ['output', 'lm_head'],
]);

const LAYER_NAMES: ReadonlyMap<string, string> = new Map([
  ['attn_norm', 'input_layernorm'],
  ['attn_q', 'self_attn.q_proj'],
  ['attn_k', 'self_attn.k_proj'],
  ['attn_v', 'self_attn.v_proj'],
  ['attn_output', 'self_attn.o_proj'],
  ['ffn_norm', 'post_attention_layernorm'],
  ['ffn_gate', 'mlp.gate_proj'],
  ['ffn_up', 'mlp.up_proj'],
  ['ffn_down', 'mlp.down_proj'],
]);

/** `blk.3.attn_q.weight` → `model.layers.3.self_attn.q_proj.weight`; undefined when unknown. */
export function huggingFaceName(name: string): string | undefined {
  const outer = /^([a-z_]+)\.(weight|bias)$/.exec(name);
  const outerModule = OUTER_NAMES.get(outer?.[1] ?? '');
  if (outerModule !== undefined) return `${outerModule}.${outer![2]!}`;
  const layer = /^blk\.(\d+)\.([a-z_]+)\.(weight|bias)$/.exec(name);
  const layerModule = LAYER_NAMES.get(layer?.[2] ?? '');
  if (layerModule === undefined) return undefined;
  return `model.layers.${layer![1]!}.${layerModule}.${layer![3]!}`;
}

/** Throws one error that lists every quantization we do not read and every tensor out of place. */
export function ggufWeights(
  file: ByteSource,
  tensors: readonly GgufTensor[],
  config: LlamaConfigJson,
): Map<string, NamedTensor> {
  refuseOtherFormats(file, tensors);
  const problems: string[] = [];
  const named = new Map<string, NamedTensor>();
  const places: { name: string; start: number; end: number }[] = [];
  for (const tensor of tensors) {
    const name = huggingFaceName(tensor.name);
    const format = READABLE_FORMATS.get(tensor.type)!;
    const count = elementCount(tensor.shape);
    const row = tensor.shape.at(-1) ?? 1;
    const bytes = (count / format.block) * format.bytes;
    if (name === undefined) {
      problems.push(`"${tensor.name}" is no tensor of a Llama model.`);
    } else if (row % format.block !== 0) {
      problems.push(`"${tensor.name}": rows of ${row} do not fit blocks of ${format.block}.`);
    } else if (!Number.isSafeInteger(bytes) || tensor.offset + bytes > file.size) {
      problems.push(
        `"${tensor.name}" ends at byte ${tensor.offset + bytes}, but the file has ${file.size}: it is truncated.`,
      );
    } else {
      places.push({ name: tensor.name, start: tensor.offset, end: tensor.offset + bytes });
      named.set(name, {
        name,
        shape: tensor.shape,
        dtype: format.dtype,
        read: () => readTensor(file, tensor, format, bytes, interleavedHeads(name, config)),
      });
    }
  }
  places.sort((a, b) => a.start - b.start || a.end - b.end);
  places.forEach(({ name, start }, i) => {
    const before = places[i - 1];
    if (before && before.end > start) problems.push(`"${name}" overlaps "${before.name}".`);
  });
  throwProblems(`${file.name}: the tensors do not fit.`, problems);
  return named;
}

function refuseOtherFormats(file: ByteSource, tensors: readonly GgufTensor[]): void {
  const refused = new Map<string, string[]>();
  for (const { name, type } of tensors) {
    if (READABLE_FORMATS.has(type)) continue;
    const list = refused.get(formatName(type)) ?? [];
    list.push(name);
    refused.set(formatName(type), list);
  }
  if (refused.size === 0) return;
  const readable = [...READABLE_FORMATS.values()].map(({ name }) => name).join(', ');
  throw new UnsupportedModelError(
    `${file.name}: some quantizations cannot be read; ${readable} can.`,
    [...refused].map(
      ([format, names]) =>
        `${format}: ${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`,
    ),
  );
}

/** How many heads a tensor's rows are interleaved in; 0 for all but query and key projections. */
function interleavedHeads(name: string, config: LlamaConfigJson): number {
  if (name.includes('.self_attn.q_proj.')) return config.num_attention_heads;
  if (name.includes('.self_attn.k_proj.')) return config.num_key_value_heads;
  return 0;
}

async function readTensor(
  file: ByteSource,
  { name, shape, offset }: GgufTensor,
  format: ReadableFormat,
  length: number,
  heads: number,
): Promise<Bytes> {
  const stored = await file.read(offset, length);
  const bytes = format.widen === undefined ? stored : new Uint8Array(format.widen(stored).buffer);
  if (heads === 0) return bytes;
  const rows = shape[0] ?? 0;
  if (rows % (2 * heads) !== 0) {
    throw new ModelFileError(`${file.name}: "${name}" has ${rows} rows for ${heads} heads.`);
  }
  return separateHalves(bytes, rows, heads);
}

/**
 * Within each head the rows come as (first half 0, second half 0, first half 1, …); returns them
 * with the first half of the head before the second.
 */
function separateHalves(bytes: Bytes, rows: number, heads: number): Bytes {
  const rowBytes = bytes.byteLength / rows;
  const half = rows / heads / 2;
  const result = new Uint8Array(bytes.byteLength);
  for (let to = 0; to < rows; to++) {
    const head = Math.floor(to / (2 * half));
    const within = to % (2 * half);
    const from = head * 2 * half + (within % half) * 2 + Math.floor(within / half);
    result.set(bytes.subarray(from * rowBytes, (from + 1) * rowBytes), to * rowBytes);
  }
  return result;
}
