/**
 * From an encoded question and answer to an example that can be trained on or scored. Which tokens
 * count is decided by lengths alone, never by token ids: an end-of-sequence token that doubles as
 * the pad token stays trained.
 */

/** A question and its answer as one run of tokens; the first `promptLength` are the question. */
export interface PairTokens {
  tokens: ArrayLike<number>;
  promptLength: number;
  /** Which row of the response set this is; the position in the list when left out. */
  rowIndex?: number;
  /** Weight of each token as a target, 0 to leave it out; 1 everywhere when left out. */
  weights?: ArrayLike<number>;
  /** The end of the answer is among the tokens already: none is added, whatever token it is. */
  ended?: boolean;
}

export interface Example {
  tokens: Int32Array; // [length]
  promptLength: number;
  /** True when tokens, the end-of-sequence token included, did not fit. */
  truncated: boolean;
  rowIndex: number;
  endsWithEos: boolean;
  /** Weight of each token as a target [length]; 1 everywhere when absent. */
  weights?: Float32Array;
}

export interface ExampleOptions {
  /** Longest example in tokens, question and end-of-sequence included; at least 2. */
  maxLength: number;
  /** Whether an end-of-sequence token is added to answers that do not end with one. */
  eos: { append: 'if-missing' | 'never'; id: number };
}

export interface DroppedRow {
  rowIndex: number;
  /** A plain phrase: why nothing of the row can be trained. */
  reason: string;
}

export interface ExamplesBuilt {
  examples: Example[];
  /** Rows without a single target, left out. */
  dropped: DroppedRow[];
  truncated: number;
}

/**
 * Appends the end-of-sequence token by policy, keeps the first `maxLength` tokens, and leaves out
 * rows in which no target remains.
 * @throws RangeError for a length below 2, or a prompt longer than its pair.
 */
export function buildExamples(
  pairs: readonly PairTokens[],
  { maxLength, eos }: ExampleOptions,
): ExamplesBuilt {
  if (!(maxLength >= 2)) {
    throw new RangeError(`An example needs at least 2 tokens; maxLength is ${maxLength}.`);
  }
  const examples: Example[] = [];
  const dropped: DroppedRow[] = [];
  let truncated = 0;
  pairs.forEach((pair, i) => {
    const example = buildExample(pair, pair.rowIndex ?? i, maxLength, eos);
    if (example.truncated) truncated++;
    if (targetCount(example) > 0) examples.push(example);
    else dropped.push({ rowIndex: example.rowIndex, reason: dropReason(pair, example) });
  });
  return { examples, dropped, truncated };
}

function buildExample(
  pair: PairTokens,
  rowIndex: number,
  maxLength: number,
  eos: ExampleOptions['eos'],
): Example {
  const { tokens: given, promptLength } = pair;
  const count = given.length;
  if (!(promptLength >= 0 && promptLength <= count)) {
    throw new RangeError(
      `Row ${rowIndex}: prompt of ${promptLength} tokens in a pair of ${count}.`,
    );
  }
  if (pair.weights !== undefined && pair.weights.length !== count) {
    throw new RangeError(`Row ${rowIndex}: ${pair.weights.length} weights for ${count} tokens.`);
  }
  // An empty answer may still learn to end at once, so only the prompt's own end does not count.
  const ended = pair.ended ?? (count > promptLength && given[count - 1] === eos.id);
  const append = eos.append === 'if-missing' && !ended;
  const whole = count + (append ? 1 : 0);
  const length = Math.min(whole, maxLength);
  const tokens = new Int32Array(length);
  for (let t = 0; t < length; t++) tokens[t] = t < count ? given[t]! : eos.id;
  const example: Example = {
    tokens,
    promptLength,
    truncated: whole > maxLength,
    rowIndex,
    endsWithEos: length === whole && (ended || append),
  };
  if (pair.weights !== undefined) {
    example.weights = new Float32Array(length).fill(1);
    example.weights.set(Array.from(pair.weights).slice(0, length));
  }
  return example;
}

function dropReason(pair: PairTokens, example: Example): string {
  if (pair.tokens.length === pair.promptLength) return 'the answer is empty';
  if (example.promptLength >= example.tokens.length) {
    return `the question alone takes ${pair.promptLength} tokens, and the limit is ${example.tokens.length}`;
  }
  if (example.tokens.length === 1) return 'a single token has nothing before it to predict it from';
  return 'every token of the answer has weight 0';
}

/** First position that can be a target: token 0 has nothing before it. */
export function firstTarget(example: Example): number {
  return Math.max(example.promptLength, 1);
}

/** Number of tokens that are trained or scored. */
export function targetCount(example: Example): number {
  const { tokens, weights } = example;
  const first = firstTarget(example);
  if (weights === undefined) return Math.max(0, tokens.length - first);
  let count = 0;
  for (let t = first; t < tokens.length; t++) if (weights[t] !== 0) count++;
  return count;
}
