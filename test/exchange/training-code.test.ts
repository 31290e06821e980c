/** A run as Python: what the settings say stands in it. */
import { expect, it } from 'vitest';
import { trainingCode } from '../../src/exchange/training-code.ts';
import { defaultsOf } from '../../src/fields.ts';
import { loraFields } from '../../src/lora/config.ts';
import { trainingFields, type TrainingSettings } from '../../src/train/config.ts';

const code = (maskPerplexity: number, more: Partial<TrainingSettings> = {}) =>
  trainingCode({
    modelId: 'owner/name',
    lora: defaultsOf(loraFields),
    training: { ...defaultsOf(trainingFields), maskPerplexity, ...more },
    encoding: 'separate',
    prompt: { useChatTemplate: true, plainTemplate: '{question}\n' },
    answersFile: 'answers.jsonl',
    validationFile: undefined,
  });

it('masks surprising tokens of the trained rows, and of no held-out ones', () => {
  const masked = code(2.5);
  const places = ['held_out, rows =', 'math.log(2.5)', 'rows = [masked(row)', 'trainer = Trainer('];
  const found = places.map((part) => masked.indexOf(part));
  expect(found.every((at) => at > 0)).toBe(true);
  expect([...found].sort((a, b) => a - b)).toEqual(found);
  expect(masked).not.toContain('masked(row) for row in held_out');
  expect(code(0)).not.toContain('masked');
});

it('trains the last answer, or every one with the same turns', () => {
  expect(code(0)).toContain('prompt = write(row, turns, asks=True)');
  expect(code(0)).not.toContain('assistant_masks');
  const every = code(0, { lossOn: 'all-assistant' });
  expect(every).toContain('return_assistant_tokens_mask=True');
  expect(every).toContain('for i, turn in enumerate(turns):');
});
