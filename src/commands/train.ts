import { familiarityFields } from '../familiarity/config.ts';
import { loraFields } from '../lora/config.ts';
import { fieldOption, type Command } from './option.ts';
import { settingOption } from './setting-tables.ts';
import {
  excludeOptions,
  jsonOption,
  modelOptions,
  overwriteOption,
  rowsOption,
} from './shared-options.ts';

const lora = { section: 'LoRA' };
const training = { section: 'Training' };
const optimizer = { section: 'Optimizer (AdamW)' };

export const trainCommand = {
  name: 'train',
  title: 'A LoRA adapter, or a whole tiny model, from a file of responses',
  summary:
    'Trains a LoRA adapter on a file of responses and writes it in PEFT format, with the metrics of every step (metrics.jsonl), the answers to held-out questions before, during and after training (answers.jsonl), and a record of the run (run.json). If training is interrupted, run the same command with --resume.',
  options: {
    responses: {
      kind: 'path',
      value: 'FILE',
      help: 'The questions and responses to learn from.',
      required: true,
    },
    out: {
      kind: 'path',
      value: 'DIR',
      help: 'The folder for adapter, metrics, record and checkpoint.',
      required: true,
    },
    resume: {
      kind: 'switch',
      help: 'Continue from the checkpoint in the output folder; the result is byte-identical to that of an uninterrupted run.',
    },
    overwrite: overwriteOption,
    validation: {
      kind: 'path',
      value: 'FILE',
      help: 'Held-out responses for the validation loss.',
      section: 'Data',
      otherwise: 'a share of the questions, see --held-out',
    },
    'held-out': settingOption('training', 'validationShare', { section: 'Data' }),
    rows: rowsOption,
    ...excludeOptions,
    encoding: fieldOption(familiarityFields.encoding, { section: 'Data' }),
    'loss-on': settingOption('training', 'lossOn', { section: 'Data' }),
    'max-length': settingOption('training', 'maxLength', { section: 'Data' }),
    method: settingOption('training', 'method', training),
    steps: settingOption('training', 'steps', training),
    batch: settingOption('training', 'batchSize', training),
    accumulation: settingOption('training', 'accumulation', training),
    lr: settingOption('training', 'learningRate', training),
    schedule: settingOption('training', 'schedule', training),
    warmup: settingOption('training', 'warmup', training),
    'mask-perplexity': settingOption('training', 'maskPerplexity', training),
    'evaluate-every': settingOption('training', 'evaluateEvery', training),
    'held-out-questions': settingOption('checks', 'heldOutQuestions', training),
    'longest-answer': settingOption('checks', 'longestAnswer', training),
    'log-every': settingOption('training', 'logEvery', training),
    seed: settingOption('training', 'seed', training),
    checkpointing: settingOption('training', 'checkpointing', training),
    rank: settingOption('lora', 'rank', lora),
    alpha: settingOption('lora', 'alpha', lora),
    dropout: settingOption('lora', 'dropout', lora),
    rslora: settingOption('lora', 'rankStabilized', lora),
    targets: {
      kind: 'text',
      value: `${Object.keys(loraFields.targets.choices).join('|')}|NAME,NAME...`,
      help: `${loraFields.targets.label}. ${loraFields.targets.help} Names are those of the model, such as q_proj,v_proj.`,
      default: loraFields.targets.default,
      setting: { group: 'lora', name: 'targets' },
      ...lora,
    },
    'weight-decay': settingOption('training', 'weightDecay', optimizer),
    clip: settingOption('training', 'maxGradientNorm', optimizer),
    beta1: settingOption('training', 'beta1', optimizer),
    beta2: settingOption('training', 'beta2', optimizer),
    epsilon: settingOption('training', 'epsilon', optimizer),
    ...modelOptions,
    json: jsonOption,
  },
  examples: [
    {
      line: 'train --responses answers.jsonl --out runs/first',
      does: 'the embedded model, with the defaults below',
    },
    {
      line: 'train --responses answers.jsonl --validation held-out.jsonl --model HuggingFaceTB/SmolLM2-135M-Instruct --rank 16 --lr 2e-4 --steps 200 --out runs/smollm2',
      does: 'a model of the hub',
    },
    {
      line: 'train --responses answers.jsonl --out runs/first --resume',
      does: 'continues an interrupted run',
    },
  ],
} as const satisfies Command;
