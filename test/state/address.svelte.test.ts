import { expect, test } from 'vitest';
import {
  changedFields,
  fieldsFromAddress,
  readAddress,
  readIds,
  writeAddress,
} from '../../src/state/address.ts';
import { defaultsOf } from '../../src/fields.ts';
import { trainingFields } from '../../src/train/config.ts';
import { tinyApp } from '../support/tiny-app.ts';

test('defaults leave no trace', () => {
  expect(changedFields('train.', trainingFields, defaultsOf(trainingFields))).toEqual({});
  expect(tinyApp().address).toBe('');
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
  const app = tinyApp();
  await Promise.all([app.answers.loadExamples(), app.model.open()]);
  app.answers.toggle('wordy');
  app.answers.encoding = 'joint';
  app.answers.useChatTemplate = false;
  app.familiarity.chosen = 'geometric';
  app.familiarity.settings.maxLength = 256;
  const { address } = app;
  expect(address).not.toContain('answer+is');

  const other = tinyApp({ settings: address.slice(1) });
  await Promise.all([other.answers.loadExamples(), other.model.open()]);
  other.answers.showOnly(readIds(readAddress(address).get('sets')!));
  expect(other.answers.joined.map(({ name }) => name)).toEqual(['Plain']);
  expect(other.address).toBe(address);
});

test('the prompt of an address waits for the model, and stays in the address until then', async () => {
  const settings = 'chat=false&template=Q%3A+%7Bquestion%7D%0AA%3A';
  const app = tinyApp({ settings });
  expect(app.address).toBe(`#${settings}`);
  await Promise.all([app.answers.loadExamples(), app.model.open()]);
  expect(app.answers.prompt).toEqual({
    useChatTemplate: false,
    plainTemplate: 'Q: {question}\nA:',
  });
  expect(app.address).toBe(`#${settings}`);
  app.answers.useChatTemplate = true;
  expect(app.answers.prompt.useChatTemplate).toBe(true);
});

test('what an address says of experiments stays in it until they are loaded', () => {
  const settings = 'experiment=%7B%7D&experimentPrompt=Q%3A+%7Bquestion%7D';
  expect(tinyApp({ settings }).address).toBe(`#${settings}`);
});

test('parts are written in one hash', () => {
  const part = (addressed: Record<string, string>) => ({ addressed, restore: () => undefined });
  expect(writeAddress([part({ a: '1' }), part({}), part({ b: 'x y' })])).toBe('#a=1&b=x+y');
});
