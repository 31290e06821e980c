import { expect, test } from 'vitest';
import {
  changedFields,
  fieldsFromAddress,
  readAddress,
  writeAddress,
} from '../../src/state/address.ts';
import { defaultsOf } from '../../src/fields.ts';
import { trainingFields } from '../../src/train/config.ts';
import { tinyLab } from '../support/tiny-lab.ts';

test('defaults leave no trace', () => {
  expect(changedFields('train.', trainingFields, defaultsOf(trainingFields))).toEqual({});
  expect(tinyLab().address).toBe('');
});

test('changed fields come back as they were; what does not fit is ignored', () => {
  const settings = { ...defaultsOf(trainingFields), steps: 200, schedule: 'linear' as const };
  const changed = changedFields('train.', trainingFields, settings);
  expect(changed).toEqual({ 'train.steps': '200', 'train.schedule': 'linear' });
  const address = new URLSearchParams({ ...changed, 'train.seed': 'x', 'train.method': 'magic' });
  expect(fieldsFromAddress('train.', trainingFields, address)).toEqual({
    steps: 200,
    schedule: 'linear',
  });
});

test('an address opens the lab that wrote it, and holds no data', async () => {
  const lab = tinyLab();
  await Promise.all([lab.answers.loadExamples(), lab.model.open()]);
  lab.answers.toggle('wordy');
  lab.answers.encoding = 'joint';
  lab.answers.useChatTemplate = false;
  lab.familiarity.chosen = 'geometric';
  lab.familiarity.settings.maxLength = 256;
  const { address } = lab;
  expect(address).not.toContain('answer+is');

  const other = tinyLab({ settings: address.slice(1) });
  await Promise.all([other.answers.loadExamples(), other.model.open()]);
  other.answers.restore(readAddress(address));
  expect(other.answers.joined.map(({ name }) => name)).toEqual(['Plain']);
  expect(other.address).toBe(address);
});

test('parts are written in one hash', () => {
  const part = (addressed: Record<string, string>) => ({ addressed, restore: () => undefined });
  expect(writeAddress([part({ a: '1' }), part({}), part({ b: 'x y' })])).toBe('#a=1&b=x+y');
});
