/**
 * What a kept record must be for the page to use it. Looser than the types: an earlier version kept
 * less, a later one more, and neither makes a run unreadable.
 */
import * as v from 'valibot';
import { checkFields } from '../evaluate/config.ts';
import type { Fields } from '../fields.ts';
import { loraFields } from '../lora/config.ts';
import { trainingFields } from '../train/config.ts';
import type { TrainRequest } from '../../workers/protocol.ts';
import type { LogChunk } from './log-chunks.ts';
import type { RunRecord, WaitingRun } from './run-record.ts';
import { storeOf } from './database.ts';

/** Of a table of fields, those that are there have the right kind of value. */
function keptSettings(fields: Fields) {
  const kinds = { number: v.number(), choice: v.string(), switch: v.boolean() };
  const entries = Object.entries(fields).map(
    ([name, { kind }]) => [name, v.optional(kinds[kind])] as const,
  );
  return v.looseObject(Object.fromEntries(entries) as v.ObjectEntries);
}

const training = v.intersect([
  keptSettings(trainingFields),
  v.looseObject({ steps: v.number(), seed: v.number() }),
]);
const prompt = v.looseObject({ useChatTemplate: v.boolean(), plainTemplate: v.string() });
const settings = {
  prompt,
  encoding: v.string(),
  lora: keptSettings(loraFields),
  training,
  checks: v.optional(keptSettings(checkFields)),
};

const heldOutCheck = v.looseObject({
  step: v.number(),
  whole: v.boolean(),
  answers: v.array(v.looseObject({ id: v.string(), right: v.boolean() })),
});

const record = v.looseObject({
  id: v.string(),
  batch: v.string(),
  name: v.string(),
  setId: v.string(),
  setName: v.string(),
  slot: v.number(),
  modelId: v.string(),
  openedAs: v.optional(v.looseObject({ model: v.string() })),
  vocabSize: v.number(),
  settings: v.looseObject({ ...settings, validation: v.optional(v.string()) }),
  startedAt: v.string(),
  plan: v.optional(v.looseObject({})),
  state: v.picklist(['running', 'finished', 'stopped', 'failed']),
  resumedAt: v.array(v.number()),
  answers: v.optional(v.array(heldOutCheck)),
  failure: v.optional(
    v.looseObject({
      name: v.string(),
      message: v.string(),
      problems: v.array(v.string()),
      step: v.optional(v.number()),
    }),
  ),
  summary: v.optional(v.looseObject({ manifest: v.optional(v.record(v.string(), v.unknown())) })),
});

const waiting = v.looseObject({
  id: v.string(),
  batch: v.string(),
  number: v.number(),
  label: v.string(),
  seed: v.number(),
  slot: v.number(),
  modelId: v.string(),
  openedAs: v.optional(v.looseObject({ model: v.string() })),
  vocabSize: v.number(),
  plan: v.optional(v.looseObject({ problems: v.array(v.string()) })),
});

const responseSet = v.looseObject({
  id: v.string(),
  name: v.string(),
  rows: v.array(v.looseObject({ id: v.string(), question: v.string(), response: v.string() })),
});

const request = v.looseObject({
  ...settings,
  runId: v.string(),
  set: responseSet,
  validation: v.optional(responseSet),
});

const chunk = v.looseObject({
  runId: v.string(),
  from: v.pipe(v.number(), v.integer(), v.minValue(0)),
  columns: v.record(v.string(), v.instance(Float64Array)),
});

export const runStores = {
  runs: storeOf<RunRecord>('id', 'run', record),
  requests: storeOf<TrainRequest>('runId', 'request of a run', request),
  queue: storeOf<WaitingRun>('id', 'waiting run', waiting),
  chunks: storeOf<LogChunk>(['runId', 'from'], 'part of a curve', chunk),
};
