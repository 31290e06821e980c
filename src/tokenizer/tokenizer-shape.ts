/**
 * tokenizer.json checked part by part before anything is built of it: every rule has the settings of its kind, ids
 * are ids, and merges join tokens that are there. What is well formed and not supported is refused elsewhere.
 */
import * as v from 'valibot';
import { ModelFileError } from '../errors.ts';
import { MAX_VOCABULARY, overLimit } from '../limits.ts';
import { isObject, type Json } from './tokenizer-files.ts';

const MAX_TOKEN_CHARACTERS = 10_000;

const flag = v.nullish(v.boolean());
const id = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_VOCABULARY - 1));
const token = v.pipe(v.string(), v.nonEmpty(), v.maxLength(MAX_TOKEN_CHARACTERS));
const pattern = v.union([
  v.looseObject({ Regex: v.string() }),
  v.looseObject({ String: v.string() }),
]);
const oneCharacter = v.pipe(
  v.string(),
  v.check((text) => Array.from(text).length === 1, 'expected one character'),
);

type Schema = v.GenericSchema;

/** A rule by its `type`; of an unknown one only the type is asked for. */
function rule(kinds: () => Readonly<Record<string, v.ObjectEntries>>): Schema {
  return v.lazy((input) => {
    const type = isObject(input) ? input['type'] : undefined;
    const all = kinds();
    const known = typeof type === 'string' && Object.hasOwn(all, type) ? all[type] : {};
    return v.looseObject({ type: v.string(), ...known });
  });
}

const normalizer: Schema = rule(() => ({
  Sequence: { normalizers: v.array(normalizer) },
  Prepend: { prepend: v.string() },
  Replace: { pattern, content: v.string() },
}));

const metaspace = {
  replacement: oneCharacter,
  prepend_scheme: v.nullish(v.string()),
  split: flag,
  add_prefix_space: flag,
};
const byteLevel = { add_prefix_space: flag, use_regex: flag, trim_offsets: flag };

const preTokenizer: Schema = rule(() => ({
  Sequence: { pretokenizers: v.array(preTokenizer) },
  ByteLevel: byteLevel,
  Digits: { individual_digits: flag },
  Metaspace: metaspace,
  Split: { pattern, behavior: v.string(), invert: flag },
}));

const part = v.union([
  v.looseObject({ SpecialToken: v.looseObject({ id: token }) }),
  v.looseObject({ Sequence: v.looseObject({ id: v.picklist(['A', 'B']) }) }),
]);
const marked = v.tuple([token, id]);

const postProcessor: Schema = rule(() => ({
  Sequence: { processors: v.array(postProcessor) },
  ByteLevel: byteLevel,
  TemplateProcessing: {
    single: v.array(part),
    pair: v.array(part),
    special_tokens: v.record(
      v.string(),
      v.looseObject({ ids: v.array(id), tokens: v.array(token) }),
    ),
  },
  RobertaProcessing: { sep: marked, cls: marked },
  BertProcessing: { sep: marked, cls: marked },
}));

const decoder: Schema = rule(() => ({
  Sequence: { decoders: v.array(decoder) },
  ByteLevel: byteLevel,
  Metaspace: metaspace,
  Replace: { pattern, content: v.string() },
  Strip: {
    content: v.string(),
    start: v.pipe(v.number(), v.minValue(0)),
    stop: v.pipe(v.number(), v.minValue(0)),
  },
  WordPiece: { prefix: v.string(), cleanup: flag },
  BPEDecoder: { suffix: v.string() },
  CTC: { pad_token: v.string(), word_delimiter_token: v.string(), cleanup: flag },
}));

const PARTS: Readonly<Record<string, Schema>> = {
  added_tokens: v.nullish(
    v.array(
      v.looseObject({
        id,
        content: token,
        single_word: flag,
        lstrip: flag,
        rstrip: flag,
        normalized: flag,
        special: flag,
      }),
    ),
  ),
  normalizer: v.nullish(normalizer),
  pre_tokenizer: v.nullish(preTokenizer),
  post_processor: v.nullish(postProcessor),
  decoder: v.nullish(decoder),
};

/** @throws ModelFileError that lists everything wrong with tokenizer.json */
export function checkTokenizerJson(json: Json): void {
  const problems = Object.entries(PARTS).flatMap(([name, schema]) => {
    const { issues = [] } = v.safeParse(schema, json[name]);
    return issues.map((issue) => {
      const path = v.getDotPath(issue);
      return `${path === null ? name : `${name}.${path}`}: ${issue.message}`;
    });
  });
  if (problems.length === 0) problems.push(...addedProblems(json), ...modelProblems(json['model']));
  if (problems.length > 0) throw new ModelFileError('tokenizer.json is broken.', problems);
}

function addedProblems(json: Json): string[] {
  const contents = new Map<unknown, unknown>();
  return ((json['added_tokens'] ?? []) as Json[]).flatMap(({ id, content }) => {
    const other = contents.get(id);
    contents.set(id, content);
    return other === undefined || other === content
      ? []
      : [
          `added_tokens: ${JSON.stringify(other)} and ${JSON.stringify(content)} both have the id ${String(id)}.`,
        ];
  });
}

/** Of a byte-pair model; others are refused by name elsewhere. */
function modelProblems(model: unknown): string[] {
  if (!isObject(model) || !isObject(model['vocab']) || !Array.isArray(model['merges'])) return [];
  const { vocab, merges } = model as { vocab: Json; merges: unknown[] };
  const problems: string[] = [];
  const tokens = Object.entries(vocab);
  if (tokens.length > MAX_VOCABULARY)
    return [`model.vocab: ${overLimit(tokens.length, 'tokens', MAX_VOCABULARY)}`];
  const byId = new Map<unknown, string>();
  for (const [text, value] of tokens) {
    const other = byId.get(value);
    if (!v.is(id, value)) {
      problems.push(
        `model.vocab: ${JSON.stringify(text)} has the id ${JSON.stringify(value)}; expected a whole number from 0, below ${MAX_VOCABULARY}.`,
      );
    } else if (other !== undefined) {
      problems.push(
        `model.vocab: ${JSON.stringify(other)} and ${JSON.stringify(text)} both have the id ${value}.`,
      );
    }
    byId.set(value, text);
  }
  const has = (text: string) => Object.hasOwn(vocab, text);
  // The library takes the form of the first for that of all.
  const pairs = Array.isArray(merges[0]);
  merges.forEach((merge, i) => {
    const [left, right, ...more] = Array.isArray(merge) === pairs ? halves(merge) : [];
    if (typeof left !== 'string' || typeof right !== 'string' || more.length > 0) {
      problems.push(`model.merges[${i}]: expected two tokens, got ${JSON.stringify(merge)}.`);
    } else {
      for (const text of [left, right, left + right]) {
        if (!has(text))
          problems.push(`model.merges[${i}]: ${JSON.stringify(text)} is not in the vocabulary.`);
      }
    }
  });
  return problems;
}

function halves(merge: unknown): unknown[] {
  if (typeof merge === 'string') return merge.split(' ');
  return Array.isArray(merge) ? (merge as unknown[]) : [];
}
