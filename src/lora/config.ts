/** LoRA settings, by the names PEFT gives them where it has one. */
import { problemsOf, type Fields, type SettingsOf } from '../fields.ts';

export const loraFields = {
  rank: {
    kind: 'number',
    label: 'Rank',
    help: 'LoRA rank r: how many directions each adapted layer may learn. More learns more and needs more memory.',
    default: 8,
    min: 1,
    max: 256,
    integer: true,
  },
  alpha: {
    kind: 'number',
    label: 'Alpha',
    help: 'lora_alpha: the update is multiplied by alpha / rank.',
    default: 16,
    min: 0.01,
    max: 1024,
  },
  dropout: {
    kind: 'number',
    label: 'Dropout',
    help: 'lora_dropout: share of the adapter’s inputs that are zeroed while training.',
    default: 0,
    min: 0,
    max: 0.9,
  },
  targets: {
    kind: 'choice',
    label: 'Layers',
    help: 'target_modules: which linear layers get an adapter.',
    default: 'all-linear',
    choices: {
      'all-linear': 'all linear layers',
      attention: 'queries and values only (PEFT’s default)',
    },
  },
  rankStabilized: {
    kind: 'switch',
    label: 'Rank-stabilized',
    help: 'use_rslora: scale by alpha / √rank instead of alpha / rank.',
    default: false,
  },
} as const satisfies Fields;

export type LoraSettings = SettingsOf<typeof loraFields> & {
  /** Leaf names such as q_proj, instead of what `targets` chooses. */
  targetModules?: readonly string[];
};

/** Every problem with the settings, as sentences; whether the model has such layers, it must say. */
export function loraProblems({ targetModules: _, ...fields }: LoraSettings): string[] {
  return problemsOf(loraFields, fields);
}

/** The factor on B·A: alpha / rank, or alpha / √rank. */
export function loraScale({ rank, alpha, rankStabilized }: LoraSettings): number {
  return rankStabilized ? alpha / Math.sqrt(rank) : alpha / rank;
}
