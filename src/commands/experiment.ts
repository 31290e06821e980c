import { PRESET_DESCRIPTIONS } from '../experiment/spec/preset-names.ts';
import { withoutDefault, type Command } from './option.ts';
import {
  engineOption,
  hubOption,
  jsonOption,
  overwriteOption,
  promptOptions,
  threadsOption,
} from './shared-options.ts';

const presets = Object.entries(PRESET_DESCRIPTIONS)
  .map(([name, description]) => `${name}: ${description}`)
  .join(' ');

export const experimentCommand = {
  name: 'experiment',
  title: 'Models × response sets × seeds: trained, evaluated, tested, reported',
  summary:
    'Trains models on response sets with several seeds, measures familiarity before and accuracy after, tests the hypotheses, and writes report.html, report.json, experiment.json and each model’s familiarity record.',
  argument: {
    value: `${Object.keys(PRESET_DESCRIPTIONS).join('|')}|FILE.json`,
    help: `An experiment file, or one of the experiments that come with the project. ${presets}`,
  },
  options: {
    out: {
      kind: 'path',
      value: 'DIR',
      help: 'The folder for results and reports.',
      otherwise: 'runs/ and the experiment’s name',
    },
    resume: {
      kind: 'switch',
      help: 'Continue an interrupted run of the same experiment; finished steps are kept.',
    },
    overwrite: overwriteOption,
    seeds: {
      kind: 'number',
      value: 'N',
      help: 'Use the seeds 1 to N.',
      min: 1,
      max: 1000,
      integer: true,
      otherwise: 'the seeds of the experiment file',
    },
    hub: hubOption,
    engine: withoutDefault(engineOption, 'the engine of the experiment file'),
    threads: threadsOption,
    ...promptOptions,
    json: jsonOption,
  },
  examples: [
    { line: 'experiment quick', does: 'two models, two sets, two seeds: about two minutes' },
    {
      line: 'experiment word-problems.json --out runs/word-problems --resume',
      does: 'continues an experiment of your own',
    },
  ],
} as const satisfies Command;
