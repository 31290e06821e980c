/** Options that several commands have. */
import { embeddedModels } from '../../models/catalog.ts';
import { PRECISIONS, type Precision } from '../../models/precision.ts';
import { LADDER, type EngineName } from '../engine/config.ts';
import { HUB_URL } from '../storage/config.ts';
import type { Options } from './option.ts';

/** Taken where no model is named. */
export const DEFAULT_MODEL = 'idiolect-a';

const section = 'Model and engine';

const embedded = embeddedModels.map(({ id }) => id).join(' and ');

const precisions = {
  'as-stored': '16-bit weights stay 16-bit',
  f32: 'widened to float32',
  int8: 'rounded to 8 bits: half the memory of 16-bit weights',
} as const satisfies Record<Precision, string>;

const engines = {
  auto: 'the best engine that works here',
  webgpu: 'a graphics processor',
  wasm: 'the CPU engine, on several threads',
  cpu: 'plain JavaScript, slow',
} as const satisfies Record<EngineName | 'auto', string>;

export const engineOption = {
  kind: 'choice',
  help: 'What computes.',
  section,
  choices: inOrder(['auto', ...LADDER], engines),
  default: 'auto',
} as const;

export const threadsOption = {
  kind: 'number',
  value: 'N',
  help: 'Threads of the CPU engine.',
  section,
  min: 1,
  max: 1024,
  integer: true,
  otherwise: 'all cores',
} as const;

export const hubOption = {
  kind: 'text',
  value: 'URL',
  help: 'The server that models are downloaded from.',
  section,
  otherwise: `the environment variable HF_ENDPOINT, else ${HUB_URL}`,
} as const;

export const plainPromptOption = {
  kind: 'text',
  value: 'TEXT',
  help: "A prompt with {question} in it, used instead of the model’s chat template. A backslash followed by n stays as it is; write a line break as your shell does, for example $'{question}\\n'.",
  section,
  otherwise: 'the chat template; for a model without one, the question and a line break',
} as const;

export const promptOptions = {
  'no-chat-template': {
    kind: 'switch',
    help: 'Put questions as plain text even when the model has a chat template.',
    section,
  },
  'plain-prompt': plainPromptOption,
} as const satisfies Options;

export const modelOptions = {
  model: {
    kind: 'text',
    value: 'DIR|FILE.gguf|ID',
    help: `A folder in Hugging Face layout, a GGUF file, owner/name[@revision] on the hub, or an embedded model (${embedded}).`,
    section,
    default: DEFAULT_MODEL,
  },
  revision: {
    kind: 'text',
    value: 'REV',
    help: 'The branch, tag or commit of a model on the hub; the same as @revision behind its name.',
    section,
    otherwise: 'main',
  },
  hub: hubOption,
  precision: {
    kind: 'choice',
    help: 'How the frozen weights are held in memory.',
    section,
    choices: inOrder(PRECISIONS, precisions),
    default: 'as-stored',
  },
  engine: engineOption,
  threads: threadsOption,
  ...promptOptions,
} as const satisfies Options;

export const adapterOption = {
  kind: 'path',
  value: 'DIR',
  help: 'A PEFT adapter to apply to the model.',
  section,
  otherwise: 'the model as it is',
} as const;

export const jsonOption = {
  kind: 'switch',
  help: 'Print the result as one JSON document on standard output; everything else goes to standard error.',
  section: 'Output',
} as const;

/** Beside `--resume`: what is in the folder already. */
export const overwriteOption = {
  kind: 'switch',
  help: 'Start again in a folder that holds results already; they are moved into a folder below it.',
} as const;

/** Questions that are left out of every set. */
export const excludeOptions = {
  exclude: {
    kind: 'text',
    value: 'ID...',
    help: 'Leave out the questions with these ids.',
    section: 'Data',
    multiple: true,
    otherwise: 'no question is left out',
  },
  'exclude-file': {
    kind: 'path',
    value: 'FILE',
    help: 'Leave out the questions whose ids stand in this file: a JSON list, or one id a line.',
    section: 'Data',
    otherwise: 'no question is left out',
  },
} as const satisfies Options;

/** The first rows of a set. */
export const rowsOption = {
  kind: 'number',
  value: 'N',
  help: 'Use only the first N rows of each set.',
  section: 'Data',
  min: 1,
  integer: true,
  otherwise: 'all rows',
} as const;

function inOrder<Name extends string>(
  names: readonly Name[],
  words: Readonly<Record<Name, string>>,
): Readonly<Record<Name, string>> {
  return Object.fromEntries(names.map((name) => [name, words[name]])) as Record<Name, string>;
}
