/** The tokens of a row as training sees them: what is only read, what is trained, what is cut. */
import type { ResponseRow } from '../../data/response-set.ts';
import { encodePair, type EncodingMode } from '../../tokenizer/encode-pair.ts';
import { tokenPieces } from '../../tokenizer/pieces.ts';
import type { PromptFormat } from '../../tokenizer/prompt-format.ts';
import type { Tokenizer } from '../../tokenizer/tokenizer.ts';

export interface ViewedToken {
  id: number;
  text: string;
  role: 'prompt' | 'trained' | 'end' | 'cut';
  special: boolean;
}

export interface ViewedRow {
  rowId: string;
  pieces: ViewedToken[];
  boundaryMerged: boolean;
  truncated: boolean;
}

export function viewRow(
  row: ResponseRow,
  tokenizer: Tokenizer,
  format: PromptFormat,
  encoding: EncodingMode,
  maxLength: number,
): ViewedRow {
  const pair = encodePair(tokenizer, format, row.question, row.response, encoding);
  const { endId } = format;
  const ended = endId !== undefined && pair.tokens.at(-1) === endId;
  const ids = endId === undefined || ended ? pair.tokens : [...pair.tokens, endId];
  const pieces = tokenPieces(tokenizer, ids).map((piece, i): ViewedToken => {
    const isEnd = endId !== undefined && i === ids.length - 1;
    const role =
      i >= maxLength ? 'cut' : i < pair.promptLength ? 'prompt' : isEnd ? 'end' : 'trained';
    return { id: ids[i]!, text: piece.text, role, special: tokenizer.isSpecial(ids[i]!) };
  });
  return {
    rowId: row.id,
    pieces,
    boundaryMerged: pair.boundaryMerged,
    truncated: ids.length > maxLength,
  };
}
