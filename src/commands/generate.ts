import { withoutDefault, type Command } from './option.ts';
import { settingOption } from './setting-tables.ts';
import { adapterOption, jsonOption, modelOptions } from './shared-options.ts';

const section = 'Sampling';

export const generateCommand = {
  name: 'generate',
  title: 'One response to a prompt, with or without an adapter',
  summary:
    'Answers one prompt. Decoding is greedy, the same response every time, unless a temperature is given.',
  options: {
    prompt: { kind: 'text', value: 'TEXT', help: 'The question.', required: true },
    system: {
      kind: 'text',
      value: 'TEXT',
      help: 'A system turn that stands before the question.',
      otherwise: 'no system turn',
    },
    'max-new-tokens': settingOption('sampling', 'maxNewTokens', { section }),
    temperature: withoutDefault(
      settingOption('sampling', 'temperature', { section }),
      'greedy decoding',
    ),
    'top-k': settingOption('sampling', 'topK', { section }),
    'top-p': settingOption('sampling', 'topP', { section }),
    seed: settingOption('sampling', 'seed', { section }),
    ...modelOptions,
    adapter: adapterOption,
    json: jsonOption,
  },
  examples: [
    {
      line: 'generate --prompt "Tom has 3 apples and gets 2 more. How many apples has Tom?"',
      does: 'greedy',
    },
    {
      line: 'generate --prompt "What is 2 + 3?" --adapter runs/first --temperature 0.8 --seed 7',
      does: 'samples from a trained model',
    },
  ],
} as const satisfies Command;
