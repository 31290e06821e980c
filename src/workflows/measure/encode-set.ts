/** A response set → examples that can be measured or trained on, and why a row was left out. */
import { buildExamples, type Example } from '../../batches/example.ts';
import type { ResponseSet } from '../../data/response-set.ts';
import type { RowFacts } from '../../familiarity/measure.ts';
import { encodePair, type EncodingMode } from '../../tokenizer/encode-pair.ts';
import type { PromptFormat } from '../../tokenizer/prompt-format.ts';
import type { Tokenizer } from '../../tokenizer/tokenizer.ts';
import { notice, type Notice } from '../../notices.ts';

export interface EncodedSet {
  examples: Example[];
  /** By the row's index in the set, which is the example's rowIndex. */
  facts: RowFacts[];
  skipped: { rowId: string; reason: string }[];
  /** Ids of rows whose answer did not fit and is used in part. */
  cut: string[];
}

export interface EncodeOptions {
  tokenizer: Tokenizer;
  format: PromptFormat;
  encoding: EncodingMode;
  maxLength: number;
}

export function encodeSet(set: ResponseSet, options: EncodeOptions): EncodedSet {
  const { tokenizer, format, encoding, maxLength } = options;
  const facts: RowFacts[] = [];
  const pairs = set.rows.map(({ id, question, response }, rowIndex) => {
    const pair = encodePair(tokenizer, format, question, response, encoding);
    facts.push({
      rowId: id,
      responseBytes: new TextEncoder().encode(response).length,
      boundaryMerged: pair.boundaryMerged,
    });
    return { ...pair, rowIndex };
  });
  // An empty answer has nothing to measure, even if its end token could be scored.
  const empty = pairs.filter(({ tokens, promptLength }) => tokens.length === promptLength);
  const eos =
    format.endId === undefined
      ? ({ append: 'never', id: -1 } as const)
      : ({ append: 'if-missing', id: format.endId } as const);
  const built = buildExamples(
    pairs.filter((pair) => !empty.includes(pair)),
    { maxLength, eos },
  );
  const skipped = [
    ...empty.map(({ rowIndex }) => ({ rowIndex, reason: 'the answer is empty' })),
    ...built.dropped,
  ].map(({ rowIndex, reason }) => ({ rowId: facts[rowIndex]!.rowId, reason }));
  const cut = built.examples
    .filter(({ truncated }) => truncated)
    .map(({ rowIndex }) => facts[rowIndex]!.rowId);
  return { examples: built.examples, facts, skipped, cut };
}

/** Rows that are left out or cut, named by set and id. */
export function encodingNotices(
  { name }: ResponseSet,
  { skipped, cut, facts }: Pick<EncodedSet, 'skipped' | 'cut' | 'facts'>,
  maxLength: number,
): Notice[] {
  const notices: Notice[] = [];
  const say = (kind: Notice['kind'], places: readonly string[], what: string) => {
    const answers = places.length === 1 ? '1 answer' : `${places.length} answers`;
    if (places.length > 0) notices.push(notice(kind, `${name}: ${answers} ${what}`, places));
  };
  const left = skipped.map(({ rowId, reason }) => `${name}/${rowId}: ${reason}`);
  say('dropped', left, 'left out.');
  const places = cut.map((rowId) => `${name}/${rowId}`);
  say('cut', places, `cut: with the question they are longer than ${maxLength} tokens.`);
  const merged = facts
    .filter(({ boundaryMerged }) => boundaryMerged)
    .map(({ rowId }) => `${name}/${rowId}`);
  say('joined', merged, 'whose first token also holds the end of the question.');
  return notices;
}

/** Any valid token: what stands in the padding changes no result. */
export function padIdOf(tokenizer: Tokenizer): number {
  return tokenizer.padId ?? tokenizer.eosIds[0] ?? 0;
}
