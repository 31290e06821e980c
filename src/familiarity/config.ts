/** How familiarity is measured: settings, and the facts per answer that leave the worker. */
import type { Fields, SettingsOf } from '../fields.ts';

export const familiarityFields = {
  encoding: {
    kind: 'choice',
    label: 'Encoding',
    help: 'separate: question and answer are cut into tokens apart and joined. joint: cut as one text.',
    default: 'separate',
    choices: { separate: 'separate', joint: 'joint' },
  },
  lossOn: {
    kind: 'choice',
    label: 'Measured turns',
    help: 'Of a conversation, the last answer or every assistant turn (what TRL trains with assistant_only_loss); the end of an earlier turn is not measured.',
    default: 'last-assistant',
    choices: { 'last-assistant': 'the last answer', 'all-assistant': 'every answer' },
  },
  batchTokens: {
    kind: 'number',
    label: 'Tokens at a time',
    help: 'How many tokens are scored together; changes speed and memory, never a number.',
    default: 2048,
    min: 16,
    max: 65536,
    integer: true,
  },
  maxLength: {
    kind: 'number',
    label: 'Longest answer',
    help: 'Question and answer together are cut after this many tokens, and marked.',
    default: 1024,
    min: 8,
    max: 32768,
    integer: true,
    unit: 'tokens',
  },
} as const satisfies Fields;

/** Familiarity after examples of the model's own style (SPPL). */
export const styleFields = {
  styleExamples: {
    kind: 'number',
    label: 'Examples',
    help: 'How many of the model’s own right answers to other questions stand before each question; 2 are usual.',
    default: 2,
    min: 1,
    max: 16,
    integer: true,
  },
} as const satisfies Fields;

export type FamiliaritySettings = SettingsOf<typeof familiarityFields>;

/** One answer, measured. NLL is in nats. */
export interface RowFamiliarity {
  rowId: string;
  promptTokens: number;
  /** Tokens of the answer that were scored, the end token not among them. */
  responseTokens: number;
  /** UTF-8 bytes of the answer. */
  responseBytes: number;
  nllSum: number;
  /** exp(nllSum / responseTokens) */
  perplexity: number;
  /** NLL of the end token after the answer; undefined when the model has none or it was cut off. */
  eos?: number;
  /** Answer tokens that were the model's likeliest choice. */
  likeliest: number;
  truncated: boolean;
  /** In joint encoding: the last prompt token grew into the answer. */
  boundaryMerged: boolean;
  /** NLL of each answer token, then of the end token when it was scored. */
  tokenNll: Float32Array;
}
