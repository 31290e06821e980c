import type { Command } from './option.ts';
import { embeddedModelOption } from './pre-train.ts';
import { threadsOption } from './shared-options.ts';

export const modelCardCommand = {
  name: 'model-card',
  title: 'Measurements of a pre-trained model, written as its card',
  summary:
    'Measures a model that pre-train wrote on questions of every family and writes its card, README.md, into its folder.',
  options: {
    model: embeddedModelOption,
    folder: {
      kind: 'path',
      value: 'DIR',
      help: 'The folder that pre-train wrote.',
      required: true,
    },
    split: {
      kind: 'choice',
      help: 'The questions to measure on.',
      choices: {
        test: 'for the card',
        validation: 'to look at a model without using test questions',
      },
      default: 'test',
    },
    questions: {
      kind: 'number',
      value: 'N',
      help: 'Questions of each family.',
      min: 1,
      max: 10_000,
      integer: true,
      default: 90,
    },
    'print-only': { kind: 'switch', help: 'Print the tables and write no card.' },
    threads: threadsOption,
  },
  examples: [
    {
      line: 'model-card --model idiolect-a --folder runs/idiolect-a --split validation --print-only',
      does: 'looks at a model during development',
    },
  ],
} as const satisfies Command;
