/**
 * The familiarity record: one measurement with everything that decides its numbers and every answer's
 * NLL token by token, as page and command write and read it. Keys are snake_case; settings keep the
 * names of their fields.
 */
import * as v from 'valibot';
import { PRECISIONS } from '../../../models/precision.ts';
import type { ResponseRow } from '../../data/response-set.ts';
import { familiarityFields } from '../../familiarity/config.ts';
import type { NoticeKind } from '../../notices.ts';
import { settingsSchema } from '../../settings-schema.ts';
import { RECORD_FORMAT, RECORD_VERSION } from './format.ts';

/** -0 is read as 0, as which JSON writes it. */
const positiveZero = v.transform((value: number) => value + 0);
/** JSON has neither NaN nor infinity: both are null. */
const number = v.nullable(v.pipe(v.number(), positiveZero));
const whole = v.pipe(v.number(), v.integer('expected a whole number'), v.minValue(0), positiveZero);
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits'));
const turn = v.looseObject({ role: v.string(), content: v.string() });

/** What was measured: a row of a response set. */
const answer = {
  id: v.string(),
  question: v.string(),
  response: v.string(),
  gold: v.optional(v.string()),
  options: v.optional(v.array(v.string())),
  labels: v.optional(v.array(v.string())),
  messages: v.optional(v.array(turn)),
  tools: v.optional(v.array(v.unknown())),
  templateVariables: v.optional(v.record(v.string(), v.unknown())),
  responseTurn: v.optional(turn),
} satisfies Record<keyof ResponseRow, v.GenericSchema>;

const numbers = {
  prompt_tokens: whole,
  /** Scored tokens of the answer, its end not among them. */
  response_tokens: whole,
  /** UTF-8. */
  response_bytes: whole,
  /** Nats, the end not among them. */
  nll_sum: number,
  /** exp(nll_sum / response_tokens) */
  perplexity: number,
  /** NLL of the end token in nats; null where it was not scored. */
  end_nll: number,
  /** Answer tokens that were the model's likeliest choice. */
  likeliest_tokens: whole,
  /** The end of the answer did not fit. */
  truncated: v.boolean(),
  /** In joint encoding: the first answer token begins within the question. */
  boundary_merged: v.boolean(),
  /** NLL of each scored token in nats, the end last where it was scored. */
  nll: v.array(number),
};

const averages = v.strictObject({
  median: number,
  geometric_mean: number,
  token_weighted: number,
  arithmetic_mean: number,
});

const set = v.strictObject({
  name: v.string(),
  /** Of every row that was to be measured: question, answer and what else it holds. */
  answers_sha256: sha256,
  averages,
  bits_per_byte: number,
  rows: v.array(v.strictObject({ ...answer, ...numbers })),
  /** Answers that could not be scored, with the reason. */
  dropped: v.array(v.strictObject({ ...answer, reason: v.string() })),
  /** The same answers after examples of the model's own style. */
  in_style: v.nullable(
    v.strictObject({
      averages,
      rows: v.array(v.strictObject({ id: v.string(), ...numbers })),
      dropped: v.array(v.strictObject({ id: v.string(), reason: v.string() })),
    }),
  ),
});

const NOTICE_KINDS: readonly NoticeKind[] = [
  'dropped',
  'cut',
  'joined',
  'excluded',
  'doubtful',
  'assumed',
  'info',
];

export const recordSchema = v.strictObject({
  format: v.literal(RECORD_FORMAT),
  version: v.literal(RECORD_VERSION),
  model: v.strictObject({
    id: v.string(),
    /** Of a model of the hub: the branch, tag or commit. */
    revision: v.nullable(v.string()),
    /** Of config.json and the tokenizer's files. */
    files_sha256: sha256,
    /** Of the weights as they were read. */
    weights_sha256: sha256,
    precision: v.picklist(PRECISIONS),
    /** How the weights were held in fact. */
    format: v.string(),
    /** Tokens; longer examples are cut there even where the settings allow more. */
    context_length: whole,
  }),
  /** The PEFT adapter that was applied, if any. */
  adapter: v.nullable(v.strictObject({ name: v.string(), sha256 })),
  engine: v.strictObject({ name: v.string(), device: v.string(), threads: whole }),
  prompt: v.strictObject({
    /** The model's chat template; it is among the model's files. */
    chat_template: v.boolean(),
    /** The text around the question where no chat template is used. */
    plain_template: v.nullable(v.string()),
  }),
  settings: settingsSchema(familiarityFields),
  /** Whether the averages count the end token. */
  count_end_token: v.boolean(),
  style: v.nullable(
    v.strictObject({
      examples: whole,
      own_answers: v.array(
        v.strictObject({
          id: v.string(),
          question: v.string(),
          answer: v.string(),
          right: v.boolean(),
        }),
      ),
    }),
  ),
  /** Ids of questions that were left out by hand. */
  excluded: v.array(v.string()),
  notices: v.array(
    v.strictObject({
      kind: v.picklist(NOTICE_KINDS),
      text: v.string(),
      places: v.array(v.string()),
    }),
  ),
  sets: v.array(set),
});

export type FamiliarityRecord = v.InferOutput<typeof recordSchema>;
export type RecordSet = FamiliarityRecord['sets'][number];
export type RecordRow = RecordSet['rows'][number];
export type RecordNumbers = Omit<RecordRow, keyof ResponseRow>;
