/** The experiments that come with the project, by name, each in a sentence. */
export const PRESET_DESCRIPTIONS = {
  'cross-over':
    'Two models that know the same facts in two dialects, each trained on answers in either dialect: five seeds.',
  quick: 'The cross-over with two seeds and fewer questions, in minutes.',
  'all-sets':
    'Twelve ways of answering the same questions, written by code or made from the models’ own answers, on both models: does familiarity before training predict accuracy after it?',
} as const;

export type PresetName = keyof typeof PRESET_DESCRIPTIONS;
