import { embeddedModels } from '../../models/catalog.ts';
import type { Command } from './option.ts';
import { overwriteOption, threadsOption } from './shared-options.ts';

const ids = Object.fromEntries(embeddedModels.map(({ id, label }) => [id, label]));

/** The embedded models by their ids. */
export const embeddedModelOption = {
  kind: 'choice',
  help: 'The embedded model.',
  choices: ids,
  required: true,
} as const;

export const preTrainCommand = {
  name: 'pre-train',
  title: 'An embedded model, trained from scratch',
  summary:
    'Trains an embedded model from scratch on the corpus of its dialect and writes it in Hugging Face layout.',
  options: {
    model: embeddedModelOption,
    out: {
      kind: 'path',
      value: 'DIR',
      help: 'The folder for the model, its loss curve and the checkpoint.',
      required: true,
    },
    resume: { kind: 'switch', help: 'Continue from the checkpoint in the output folder.' },
    overwrite: overwriteOption,
    seed: {
      kind: 'number',
      value: 'N',
      help: 'Seed of the initial weights and of the order of the corpus.',
      min: 0,
      max: 2 ** 31 - 1,
      integer: true,
      otherwise: 'the seed of the embedded model',
    },
    steps: {
      kind: 'number',
      value: 'N',
      help: 'Fewer steps, for a trial.',
      min: 1,
      max: 1_000_000,
      integer: true,
      otherwise: 'the whole corpus',
    },
    threads: threadsOption,
  },
  examples: [
    { line: 'pre-train --model idiolect-a --out runs/idiolect-a', does: 'takes about an hour' },
  ],
} as const satisfies Command;
