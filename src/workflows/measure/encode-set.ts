/** A response set → examples that can be measured or trained on, and why a row was left out. */
import { buildExamples, type Example } from '../../batches/example.ts';
import { conversationOf, type ResponseRow, type ResponseSet } from '../../data/response-set.ts';
import { DataError } from '../../errors.ts';
import { rowNotices } from '../../data/row-notices.ts';
import type { RowFacts } from '../../familiarity/measure.ts';
import { notice, type Notice } from '../../notices.ts';
import { encodePair, type EncodedPair, type EncodingMode } from '../../tokenizer/encode-pair.ts';
import {
  createPromptFormat,
  type PromptFormat,
  type PromptSettings,
} from '../../tokenizer/prompt-format.ts';
import type { Tokenizer } from '../../tokenizer/tokenizer.ts';
import type { LossOn } from '../../tokenizer/written-chat.ts';
import { scoredPair } from './scored-tokens.ts';

export interface EncodedSet {
  examples: Example[];
  /** By the row's index in the set, which is the example's rowIndex. */
  facts: RowFacts[];
  skipped: { rowId: string; reason: string }[];
  /** Ids of rows whose answer did not fit and is used in part. */
  cut: string[];
  /** What the prompt format assumes or leaves out in these rows. */
  notices: Notice[];
  /** Ids of rows whose first answer token also holds the end of the question. */
  merged: string[];
}

export interface EncodeOptions {
  tokenizer: Tokenizer;
  format: PromptFormat;
  encoding: EncodingMode;
  /** `last-assistant` when left out. */
  lossOn?: LossOn;
  maxLength: number;
  /** To be measured: of every answer its text, and only the last one's end. */
  measured?: boolean;
}

/** Sets that were encoded before, by their rows and their tokenizer; gone with either. */
const encodings = new WeakMap<
  readonly ResponseRow[],
  WeakMap<Tokenizer, Map<string, EncodedSet>>
>();

/**
 * The set in tokens, encoded when it is first asked for: plan and training, every seed, and each
 * measurement before, during and after training share one encoding. It must not be changed.
 */
export function encodedSet(
  set: ResponseSet,
  tokenizer: Tokenizer,
  prompt: PromptSettings,
  options: Omit<EncodeOptions, 'tokenizer' | 'format'>,
): EncodedSet {
  const ofRows = encodings.get(set.rows) ?? new WeakMap<Tokenizer, Map<string, EncodedSet>>();
  encodings.set(set.rows, ofRows);
  const known = ofRows.get(tokenizer) ?? new Map<string, EncodedSet>();
  ofRows.set(tokenizer, known);
  const key = JSON.stringify([set.name, prompt, options]);
  const found = known.get(key);
  if (found) return found;
  const format = createPromptFormat(tokenizer, prompt);
  const encoded = encodeSet(set, { tokenizer, format, ...options });
  known.set(key, encoded);
  return encoded;
}

type Refusal = Pick<DataError, 'message'>;

export function encodeSet(set: ResponseSet, options: EncodeOptions): EncodedSet {
  const { format, maxLength } = options;
  const pairs = set.rows.map((row, rowIndex) => ({ rowIndex, pair: encodeRow(row, options) }));
  const facts = pairs.map(({ pair, rowIndex }): RowFacts => ({
    rowId: set.rows[rowIndex]!.id,
    responseBytes: 'answer' in pair ? answerBytes(pair, options) : 0,
    boundaryMerged: 'answer' in pair && pair.boundaryMerged,
  }));
  const skipped: { rowIndex: number; reason: string }[] = [];
  const usable: (EncodedPair & { rowIndex: number })[] = [];
  for (const { pair, rowIndex } of pairs) {
    const { response, responseTurn } = set.rows[rowIndex]!;
    if (!('answer' in pair)) skipped.push({ rowIndex, reason: pair.message });
    // An empty answer has nothing to measure, even if its end token could be scored.
    else if (pair.answer === '' || (response === '' && responseTurn === undefined)) {
      skipped.push({ rowIndex, reason: 'the answer is empty' });
    } else usable.push({ ...pair, rowIndex });
  }
  const eos =
    format.endId === undefined
      ? ({ append: 'never', id: -1 } as const)
      : ({ append: 'if-missing', id: format.endId } as const);
  const built = buildExamples(usable, { maxLength, eos });
  return {
    examples: built.examples,
    facts,
    skipped: [...skipped, ...built.dropped].map(({ rowIndex, reason }) => ({
      rowId: facts[rowIndex]!.rowId,
      reason,
    })),
    cut: built.examples
      .filter(({ truncated }) => truncated)
      .map(({ rowIndex }) => facts[rowIndex]!.rowId),
    merged: facts.filter(({ boundaryMerged }) => boundaryMerged).map(({ rowId }) => rowId),
    notices: [
      ...conversationNotices(set, format, usable),
      ...specialTokenNotices(set, options, usable),
    ],
  };
}

/** A row as the model gets it, or why this prompt format cannot write it. */
export function encodeRow(
  row: ResponseRow,
  { tokenizer, format, encoding, lossOn = 'last-assistant', measured = false }: EncodeOptions,
): EncodedPair | Refusal {
  const { response, responseTurn } = row;
  const answered = { conversation: conversationOf(row), response, responseTurn };
  try {
    const pair = encodePair(tokenizer, format, answered, { encoding, lossOn });
    return measured ? scoredPair(pair, format.endId) : pair;
  } catch (error) {
    if (error instanceof DataError) return error;
    throw error;
  }
}

function answerBytes(
  { tokens, weights, answer }: EncodedPair,
  { tokenizer, format }: EncodeOptions,
): number {
  if (weights === undefined) return new TextEncoder().encode(answer).length;
  const scored = tokens.filter((id, t) => weights[t] === 1 && id !== format.endId);
  return scored.reduce((sum, id) => sum + tokenizer.tokenBytes(id).length, 0);
}

function conversationNotices(
  { name, rows }: ResponseSet,
  format: PromptFormat,
  pairs: readonly (EncodedPair & { rowIndex: number })[],
): Notice[] {
  const notices: Notice[] = [];
  const placesOf = (some: typeof pairs) =>
    some.map(({ rowIndex }) => `${name}/${rows[rowIndex]!.id}`);
  const several = pairs.filter(({ rowIndex }) => rows[rowIndex]!.messages !== undefined);
  if (format.turnsNotice !== undefined && several.length > 0) {
    notices.push(notice('assumed', format.turnsNotice, placesOf(several)));
  }
  const shortened = pairs.filter(({ shortened: count }) => count > 0);
  if (shortened.length > 0) {
    const text = 'The chat template leaves out thoughts of earlier answers.';
    notices.push(notice('cut', text, placesOf(shortened)));
  }
  return notices;
}

/** Answers with the text of a special token in them: the tokenizer makes the token of it. */
function specialTokenNotices(
  { name, rows }: ResponseSet,
  { tokenizer, format: { endId } }: EncodeOptions,
  pairs: readonly (EncodedPair & { rowIndex: number })[],
): Notice[] {
  const found = new Set<string>();
  const places = pairs.flatMap(({ tokens, promptLength, weights, rowIndex }) => {
    const marks = tokens.filter((id, t) => {
      if (t < promptLength || !tokenizer.isSpecial(id)) return false;
      // The end of an answer is no part of its text.
      return weights === undefined
        ? t < tokens.length - 1 || id !== endId
        : weights[t] !== 0 && id !== endId;
    });
    for (const id of marks) found.add(tokenizer.token(id));
    return marks.length > 0 ? [`${name}/${rows[rowIndex]!.id}`] : [];
  });
  if (places.length === 0) return [];
  const some = [...found].slice(0, 3).join(', ');
  const text = `${name}: the text of special tokens (${some}) within answers is read as these tokens.`;
  return [notice('doubtful', text, places)];
}

/** Rows that are left out or cut, named by set and id. */
export function encodingNotices(
  { name }: ResponseSet,
  { skipped, cut, merged, notices: before }: Omit<EncodedSet, 'examples' | 'facts'>,
  maxLength: number,
): Notice[] {
  return [...before, ...rowNotices(name, { skipped, cut, merged }, maxLength)];
}

/** Any valid token: what stands in the padding changes no result. */
export function padIdOf(tokenizer: Tokenizer): number {
  return tokenizer.padId ?? tokenizer.eosIds[0] ?? 0;
}
