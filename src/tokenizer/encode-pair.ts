/**
 * A conversation and its answer as one run of tokens, and where the answer begins. Cutting the two
 * apart ("separate") gives the model at the boundary exactly what it sees when it generates;
 * cutting them as one text ("joint") gives what it saw in pre-training, where a token may stretch
 * over the boundary.
 */
import type { ChatMessage, Conversation } from '../data/response-set.ts';
import type { Prompt, PromptFormat, Whole } from './prompt-format.ts';
import { spanWeights } from './token-spans.ts';
import type { Tokenizer } from './tokenizer.ts';
import type { LossOn } from './written-chat.ts';

export type EncodingMode = 'separate' | 'joint';

export interface EncodedPair {
  readonly tokens: number[];
  /** How many of them come before the first that is trained. */
  readonly promptLength: number;
  /** How the pair was cut in fact: joint falls back to separate when no answer token would remain. */
  readonly mode: EncodingMode;
  /** In joint mode: the question's last token grew into the answer and counts as answer. */
  readonly boundaryMerged: boolean;
  /** 1 for every token that is trained, 0 for one that is only read; every answer token is when left out. */
  readonly weights?: Uint8Array;
  /** The end of the answer stands in `tokens` already, whether it is trained or not. */
  readonly ended?: boolean;
  /** Earlier answers of which the chat template writes only a part. */
  readonly shortened: number;
  /** The text that is trained, without the end that the examples may add. */
  readonly answer: string;
}

/** A conversation and what was answered. */
export interface Answered {
  readonly conversation: Conversation;
  readonly response: string;
  /** The answer's turn when it is more than text. */
  readonly responseTurn?: ChatMessage | undefined;
}

export interface PairOptions {
  readonly encoding: EncodingMode;
  readonly lossOn: LossOn;
}

/** Ids of a prompt: what generation continues, and the first part of every separate pair. */
export function encodePrompt(tokenizer: Tokenizer, prompt: Prompt): number[] {
  const ids = [...prompt.before, ...tokenizer.encode(prompt.text, { addSpecialTokens: false })];
  if (ids.length > 0) return ids;
  // Something must stand before the first answer token, or its probability has no meaning.
  const start = tokenizer.bosId ?? tokenizer.eosIds[0];
  return start === undefined ? [] : [start];
}

/**
 * Encodes one row. With the loss on the last answer the end token is not added here: whether it is, the
 * examples decide.
 * @throws DataError naming what the prompt format has no place for
 */
export function encodePair(
  tokenizer: Tokenizer,
  format: PromptFormat,
  { conversation, response, responseTurn }: Answered,
  { encoding, lossOn }: PairOptions,
): EncodedPair {
  // A turn's text may have been edited since.
  const turn = { ...(responseTurn ?? { role: 'assistant' }), content: response } as ChatMessage;
  if (lossOn === 'all-assistant') {
    return everyAnswer(tokenizer, format, format.whole(conversation, turn), encoding);
  }
  const prompt = format.prompt(conversation);
  const text = responseTurn === undefined ? response : format.answerText(conversation, turn);
  return (
    (encoding === 'joint' && joint(tokenizer, prompt, text)) || separate(tokenizer, prompt, text)
  );
}

/** All assistant turns trained: "separate" cuts the text where each begins and ends. */
function everyAnswer(
  tokenizer: Tokenizer,
  { eos }: PromptFormat,
  { text: whole, before, spans, shortened = 0 }: Whole,
  mode: EncodingMode,
): EncodedPair {
  const last = spans.at(-1)!;
  const closing = whole.slice(last.end).trimStart();
  const endsInside = eos === undefined || whole.slice(last.start, last.end).includes(eos);
  // A template may leave the end of the turn out of its block: then it is read and not trained.
  const endsAfter = !endsInside && closing.startsWith(eos);
  const text = endsAfter
    ? whole.slice(0, whole.length - closing.length + eos.length)
    : whole.slice(0, last.end);
  const encode = (part: string) => tokenizer.encode(part, { addSpecialTokens: false });
  let ids: number[];
  let weights: Uint8Array;
  if (mode === 'joint') {
    ids = encode(text);
    weights = spanWeights(tokenizer, text, ids, spans);
  } else {
    const cuts = [0, ...spans.flatMap(({ start, end }) => [start, end]), text.length];
    const parts = cuts.slice(1).map((cut, i) => encode(text.slice(cuts[i], cut)));
    ids = parts.flat();
    weights = Uint8Array.from(parts.flatMap((part, i) => part.map(() => i % 2)));
  }
  const first = weights.indexOf(1);
  return {
    tokens: [...before, ...ids],
    promptLength: before.length + (first < 0 ? ids.length : first),
    weights: Uint8Array.from([...before.map(() => 0), ...weights]),
    mode,
    boundaryMerged: false,
    ended: eos !== undefined && (endsInside || endsAfter),
    shortened,
    answer: spans.map(({ start, end }) => whole.slice(start, end)).join(''),
  };
}

function separate(tokenizer: Tokenizer, prompt: Prompt, response: string): EncodedPair {
  const ids = encodePrompt(tokenizer, prompt);
  const answer = tokenizer.encode(response, { addSpecialTokens: false });
  return {
    tokens: [...ids, ...answer],
    promptLength: ids.length,
    mode: 'separate',
    boundaryMerged: false,
    shortened: prompt.shortened ?? 0,
    answer: response,
  };
}

/**
 * Spaces at the end of the prompt are moved to the answer first, since tokenizers glue a space to
 * the word after it. The boundary is the longest common beginning of the prompt's ids and the
 * whole's.
 */
function joint(tokenizer: Tokenizer, prompt: Prompt, response: string): EncodedPair | undefined {
  const head = prompt.text.replace(/ +$/, '');
  const promptIds = encodePrompt(tokenizer, { ...prompt, text: head });
  const whole = encodePrompt(tokenizer, { ...prompt, text: prompt.text + response });
  let shared = 0;
  while (shared < promptIds.length && promptIds[shared] === whole[shared]) shared++;
  if (shared === whole.length || response === '') return undefined;
  return {
    tokens: whole,
    promptLength: shared,
    mode: 'joint',
    boundaryMerged: shared < promptIds.length,
    shortened: prompt.shortened ?? 0,
    answer: response,
  };
}
