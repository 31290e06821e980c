import { withoutDefault, type Command } from './option.ts';
import { settingOption } from './setting-tables.ts';
import {
  adapterOption,
  excludeOptions,
  jsonOption,
  modelOptions,
  rowsOption,
} from './shared-options.ts';

export const measureCommand = {
  name: 'measure',
  title: 'Perplexity of each response under a model, before any training',
  summary:
    'Measures how familiar each response is to a model: its perplexity given the question, before any training.',
  options: {
    responses: {
      kind: 'path',
      value: 'FILE...',
      help: 'One or more files of questions and responses.',
      required: true,
      multiple: true,
    },
    rows: rowsOption,
    ...excludeOptions,
    encoding: settingOption('familiarity', 'encoding', { section: 'Measurement' }),
    'loss-on': settingOption('familiarity', 'lossOn', { section: 'Measurement' }),
    'max-length': settingOption('familiarity', 'maxLength', { section: 'Measurement' }),
    'style-examples': withoutDefault(
      settingOption('style', 'styleExamples', { section: 'Measurement' }),
      'not measured in style',
    ),
    ...modelOptions,
    adapter: adapterOption,
    out: {
      kind: 'path',
      value: 'FILE.json',
      help: 'Write the familiarity record to this file: every row token by token, and everything that it was measured with.',
      section: 'Output',
      otherwise: 'nothing is written',
    },
    json: jsonOption,
  },
  examples: [
    { line: 'measure --responses answers.jsonl', does: 'with the embedded model' },
    {
      line: 'measure --responses human.csv model.jsonl --model HuggingFaceTB/SmolLM2-135M-Instruct --out familiarity.json',
      does: 'compares two sets under a model of the hub and keeps every row',
    },
    {
      line: 'measure --responses answers.jsonl --adapter runs/first --json',
      does: 'with an adapter applied, for another program to read',
    },
  ],
} as const satisfies Command;
