/**
 * A question and its answer as one run of tokens, and where the answer begins. Cutting the two
 * apart ("separate") gives the model at the boundary exactly what it sees when it generates;
 * cutting them as one text ("joint") gives what it saw in pre-training, where a token may stretch
 * over the boundary.
 */
import type { Prompt, PromptFormat } from './prompt-format.ts';
import type { Tokenizer } from './tokenizer.ts';

export type EncodingMode = 'separate' | 'joint';

export interface EncodedPair {
  readonly tokens: number[];
  /** How many of them are the question. */
  readonly promptLength: number;
  /** How the pair was cut in fact: joint falls back to separate when no answer token would remain. */
  readonly mode: EncodingMode;
  /** In joint mode: the question's last token grew into the answer and counts as answer. */
  readonly boundaryMerged: boolean;
}

/** Ids of a prompt: what generation continues, and the first part of every separate pair. */
export function encodePrompt(tokenizer: Tokenizer, prompt: Prompt): number[] {
  const ids = [...prompt.before, ...tokenizer.encode(prompt.text, { addSpecialTokens: false })];
  if (ids.length > 0) return ids;
  // Something must stand before the first answer token, or its probability has no meaning.
  const start = tokenizer.bosId ?? tokenizer.eosIds[0];
  return start === undefined ? [] : [start];
}

/** Encodes one row. The end token is not added here: whether it is, the examples decide. */
export function encodePair(
  tokenizer: Tokenizer,
  format: PromptFormat,
  question: string,
  response: string,
  mode: EncodingMode,
): EncodedPair {
  const prompt = format.prompt(question);
  return (
    (mode === 'joint' && joint(tokenizer, prompt, response)) ||
    separate(tokenizer, prompt, response)
  );
}

function separate(tokenizer: Tokenizer, prompt: Prompt, response: string): EncodedPair {
  const ids = encodePrompt(tokenizer, prompt);
  const answer = tokenizer.encode(response, { addSpecialTokens: false });
  return {
    tokens: [...ids, ...answer],
    promptLength: ids.length,
    mode: 'separate',
    boundaryMerged: false,
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
  };
}
