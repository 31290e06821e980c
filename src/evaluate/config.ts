/** What is asked of a model in training: held-out questions, before the first step and after the last. */
import type { Fields, SettingsOf } from '../fields.ts';

export const checkFields = {
  heldOutQuestions: {
    kind: 'number',
    label: 'Questions to ask',
    help: 'So many held-out questions are answered before and after training, greedily, and judged by their final answers; three of them also on the way. 0 asks none.',
    default: 32,
    min: 0,
    max: 1000,
    integer: true,
  },
  longestAnswer: {
    kind: 'number',
    label: 'Longest answer given',
    help: 'max_new_tokens: an answer to a held-out question is cut after this many tokens.',
    default: 128,
    min: 1,
    max: 4096,
    integer: true,
    unit: 'tokens',
  },
} as const satisfies Fields;

export type CheckSettings = SettingsOf<typeof checkFields>;
