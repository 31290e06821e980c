/** The tokens of a row as training sees them: what is only read, what is trained, what is cut. */
import type { ResponseRow } from '../../data/response-set.ts';
import { tokenPieces } from '../../tokenizer/pieces.ts';
import { endsOf } from './scored-tokens.ts';
import { encodeRow, type EncodeOptions } from './encode-set.ts';

export interface ViewedToken {
  id: number;
  text: string;
  role: 'prompt' | 'trained' | 'end' | 'cut';
  special: boolean;
}

export interface ViewedRow {
  rowId: string;
  tokens: ViewedToken[];
  boundaryMerged: boolean;
  truncated: boolean;
  /** Why the prompt format cannot write this row; then there are no pieces. */
  refused?: string;
}

export function viewRow(row: ResponseRow, options: EncodeOptions): ViewedRow {
  const { tokenizer, format, maxLength } = options;
  const pair = encodeRow(row, options);
  if (!('answer' in pair)) {
    const refused = pair.message;
    return { rowId: row.id, tokens: [], boundaryMerged: false, truncated: false, refused };
  }
  const { endId } = format;
  const { tokens, weights, promptLength } = pair;
  const ends: (boolean | undefined)[] = weights === undefined ? [] : endsOf(pair, endId);
  const added = endId !== undefined && !(pair.ended ?? tokens.at(-1) === endId);
  const ids = added ? [...tokens, endId] : tokens;
  const viewed = tokenPieces(tokenizer, ids).map(({ text }, i): ViewedToken => {
    const id = ids[i]!;
    const trained = i >= promptLength && weights?.[i] !== 0;
    const end = ends[i] ?? (endId !== undefined && i === ids.length - 1);
    const role = i >= maxLength ? 'cut' : !trained ? 'prompt' : end ? 'end' : 'trained';
    return { id, text, role, special: tokenizer.isSpecial(id) };
  });
  const truncated = ids.length > maxLength;
  return { rowId: row.id, tokens: viewed, boundaryMerged: pair.boundaryMerged, truncated };
}
