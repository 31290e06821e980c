/** What is kept of a visit, record by record, so that a change writes no more than what it changed. */
import * as v from 'valibot';
import type { OwnAnswer } from '../../evaluate/own-style.ts';
import type { ResponseRow, ResponseSet } from '../../data/response-set.ts';
import type { Notice } from '../../notices.ts';
import { storeOf } from '../database.ts';
import type { SetEdits } from '../hand-edits.ts';
import type { MeasuredWith } from '../measured-with.ts';
import type { MeasuredText } from '../measurements.svelte.ts';
import type { ChosenFiles } from '../model.svelte.ts';
import type { MakerForm } from '../set-maker.svelte.ts';

/** A set without its answers. Written after them, so that it is there only when they are. */
export interface SetHead {
  /** No other set has it, also none of another tab. */
  key: string;
  /** Answers it has. */
  count: number;
  /** Place among the sets. */
  order: number;
  slot: number;
  shown: boolean;
  facts: Omit<ResponseSet, 'rows'>;
}

/** Answers of a set from a row on. */
export interface SetRows {
  set: string;
  from: number;
  rows: readonly ResponseRow[];
}

/** A measurement without its numbers. */
export interface MeasurementHead {
  /** Model, precision, engine, prompt and settings: all that decides the numbers. */
  key: string;
  made: MeasuredWith;
  promptNotices: readonly Notice[];
  ownAnswers: readonly (readonly [string, OwnAnswer])[];
  /** Milliseconds since 1970; the last one is shown on return. */
  usedAt: number;
}

export interface MeasuredTexts {
  measurement: string;
  chunk: number;
  answers: readonly MeasuredText[];
}

/** Small things, one record each. */
export type Part =
  | { name: 'settings'; text: string }
  | { name: 'excluded'; ids: readonly string[] }
  | {
      name: 'question';
      onScreen?: string;
      question?: string;
      system?: string;
      withEarlier: boolean;
    }
  | { name: 'maker'; form: MakerForm }
  | { name: 'edits'; sets: readonly SetEdits[] }
  | { name: 'model-files'; files: ChosenFiles }
  | { name: 'experiment-files'; files: readonly (readonly [string, Blob])[] };
export type PartName = Part['name'];

const text = v.string();
const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
/** NaN too: an answer without tokens has no perplexity. */
const anyNumber = v.custom<number>((value) => typeof value === 'number', 'expected a number');
const turn = v.looseObject({ role: text, content: text });
const notice = v.looseObject({ kind: text, text, places: v.array(text) });

const row = v.looseObject({
  id: text,
  question: text,
  response: text,
  gold: v.optional(text),
  options: v.optional(v.array(text)),
  labels: v.optional(v.array(text)),
  messages: v.optional(v.array(turn)),
  tools: v.optional(v.array(v.unknown())),
  templateVariables: v.optional(v.record(text, v.unknown())),
  responseTurn: v.optional(turn),
} satisfies Record<keyof ResponseRow, v.GenericSchema>);

const head = v.looseObject({
  ...{ key: text, count: whole, order: v.number(), slot: v.pipe(whole, v.minValue(1)) },
  shown: v.boolean(),
  facts: v.looseObject({
    id: text,
    name: text,
    description: v.optional(text),
    provenance: v.optional(text),
    derivedIds: v.optional(v.boolean()),
    notices: v.optional(v.array(notice)),
  }),
});

const prompt = v.looseObject({ useChatTemplate: v.boolean(), plainTemplate: text });
const setup = v.looseObject({
  model: v.looseObject({ id: text, files_sha256: text, weights_sha256: text, precision: text }),
  engine: v.looseObject({ name: text }),
  prompt: v.looseObject({ chat_template: v.boolean() }),
  settings: v.looseObject({ encoding: text, maxLength: v.number() }),
});
const made = v.looseObject({
  setup,
  prompt,
  familiarity: v.looseObject({ encoding: text, maxLength: v.number() }),
  openedAs: v.optional(v.looseObject({ model: text })),
  opened: v.optional(v.looseObject({ excluded: v.array(text), notices: v.array(notice) })),
});
const ownAnswer = v.looseObject({ id: text, question: text, answer: text, right: v.boolean() });
const measurement = v.looseObject({
  key: text,
  made,
  promptNotices: v.array(notice),
  ownAnswers: v.array(v.tuple([text, ownAnswer])),
  usedAt: v.number(),
});

const numbers = v.looseObject({
  ...{ rowId: text, promptTokens: whole, responseTokens: whole, responseBytes: whole },
  ...{ nllSum: anyNumber, perplexity: anyNumber, likeliest: whole },
  ...{ truncated: v.boolean(), boundaryMerged: v.boolean(), tokenNll: v.instance(Float32Array) },
  eos: v.optional(anyNumber),
});
const measured = v.looseObject({
  measurement: text,
  chunk: v.number(),
  answers: v.array(v.looseObject({ text, row: v.optional(numbers), reason: v.optional(text) })),
});

const part = v.variant('name', [
  v.looseObject({ name: v.literal('settings'), text }),
  v.looseObject({ name: v.literal('excluded'), ids: v.array(text) }),
  v.looseObject({
    name: v.literal('question'),
    ...{ onScreen: v.optional(text), question: v.optional(text), system: v.optional(text) },
    withEarlier: v.boolean(),
  }),
  v.looseObject({ name: v.literal('maker'), form: v.looseObject({ way: text }) }),
  v.looseObject({
    name: v.literal('edits'),
    sets: v.array(v.tuple([text, v.array(v.tuple([text, text]))])),
  }),
  v.looseObject({
    name: v.literal('model-files'),
    files: v.looseObject({ name: text, paths: v.array(text) }),
  }),
  v.looseObject({
    name: v.literal('experiment-files'),
    files: v.array(v.tuple([text, v.instance(Blob)])),
  }),
]);

export const sessionStores = {
  sets: storeOf<SetHead>('key', 'set of answers', head),
  rows: storeOf<SetRows>(
    ['set', 'from'],
    'part of a set',
    v.looseObject({ set: text, from: whole, rows: v.array(row) }),
  ),
  measurements: storeOf<MeasurementHead>('key', 'measurement', measurement),
  measured: storeOf<MeasuredTexts>(['measurement', 'chunk'], 'part of a measurement', measured),
  parts: storeOf<Part>('name', 'setting', part, true),
};
export type SessionStores = typeof sessionStores;
