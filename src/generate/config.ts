/** How an answer is drawn from a model, by transformers' GenerationConfig names where it has one. */
import type { Fields, SettingsOf } from '../fields.ts';

export const samplingFields = {
  greedy: {
    kind: 'switch',
    label: 'Always the likeliest word',
    help: 'Greedy decoding (do_sample false): the same answer every time.',
    default: true,
  },
  temperature: {
    kind: 'number',
    label: 'Temperature',
    help: 'temperature: below 1 the likely words become likelier, above 1 the rare ones do.',
    default: 0.8,
    min: 0.01,
    max: 5,
  },
  topK: {
    kind: 'number',
    label: 'Top k',
    help: 'top_k: choose among the k likeliest tokens only; 0 is all of them.',
    default: 0,
    min: 0,
    max: 100_000,
    integer: true,
  },
  topP: {
    kind: 'number',
    label: 'Top p',
    help: 'top_p: choose among the likeliest tokens that together have this probability.',
    default: 1,
    min: 0.01,
    max: 1,
  },
  maxNewTokens: {
    kind: 'number',
    label: 'Longest answer',
    help: 'max_new_tokens: stop after this many tokens.',
    default: 128,
    min: 1,
    max: 4096,
    integer: true,
    unit: 'tokens',
  },
  seed: {
    kind: 'number',
    label: 'Seed',
    help: 'The same seed draws the same answer.',
    default: 0,
    min: 0,
    max: 2 ** 31 - 1,
    integer: true,
  },
} as const satisfies Fields;

export type SamplingSettings = SettingsOf<typeof samplingFields>;
