import { flushSync } from 'svelte';
import { beforeEach, expect, test } from 'vitest';
import { averagePerplexity } from '../../src/familiarity/aggregate.ts';
import { OutOfMemoryError } from '../../src/errors.ts';
import { csvText, jsonText, recordOf } from '../../src/state/familiarity-export.ts';
import type { AppState } from '../../src/state/app-state.svelte.ts';
import { fakeTrainer } from '../support/fake-trainer.ts';
import { tinyApp } from '../support/tiny-app.ts';

let app: AppState;
beforeEach(async () => {
  app = tinyApp();
  await Promise.all([app.answers.loadExamples(), app.model.open()]);
});

test('measuring fills every set and ranks them by the chosen average', async () => {
  const { familiarity } = app;
  expect(familiarity.hasResults).toBe(false);
  await familiarity.measure();
  expect(familiarity.complete).toBe(true);
  const [first, second] = familiarity.ranked;
  expect(first!.set.name).toBe('Plain');
  expect(first!.averages.median).toBeLessThan(second!.averages.median);
  expect(first!.averages.median).toBe(averagePerplexity(first!.measured, 'median'));
  expect(familiarity.wins[1]![0]!.rate).toBe(1);
});

test('readers see rows as they stream in', async () => {
  const { familiarity } = app;
  const seen: number[] = [];
  const stop = $effect.root(() => {
    $effect(() => {
      seen.push(familiarity.sets.reduce((sum, { measured }) => sum + measured.length, 0));
    });
  });
  flushSync();
  await familiarity.measure();
  flushSync();
  stop();
  expect(seen[0]).toBe(0);
  expect(seen).toContain(4);
  expect(seen.at(-1)).toBe(8);
});

test('a set that comes later is measured alone', async () => {
  const { answers, familiarity } = app;
  answers.toggle('wordy');
  await familiarity.measure();
  answers.toggle('wordy');
  expect(familiarity.complete).toBe(false);
  expect(familiarity.request!.sets.map(({ id }) => id)).toEqual(['wordy']);
  await familiarity.measure();
  expect(familiarity.complete).toBe(true);
});

test('another encoding makes the numbers stale, and measuring replaces them', async () => {
  const { answers, familiarity } = app;
  await familiarity.measure();
  answers.encoding = 'joint';
  expect(familiarity.stale).toBe(true);
  expect(familiarity.request!.sets).toHaveLength(2);
  await familiarity.measure();
  expect(familiarity.stale).toBe(false);
});

test('the batch size changes no number, so nothing becomes stale', async () => {
  const { familiarity } = app;
  await familiarity.measure();
  familiarity.settings.batchTokens = 64;
  expect(familiarity.stale).toBe(false);
});

test('questions left out change the averages at once', async () => {
  const { answers, familiarity } = app;
  await familiarity.measure();
  answers.exclude(['q0', 'q1', 'q2']);
  const [only] = familiarity.sets;
  expect(only!.measured).toHaveLength(1);
  expect(only!.averages.arithmetic).toBe(familiarity.perplexity(only!.measured[0]!));
});

test('counting the end token moves perplexity toward its own', async () => {
  const { familiarity } = app;
  await familiarity.measure();
  const without = familiarity.sets[1]!.averages.geometric;
  familiarity.countEnd = true;
  expect(familiarity.sets[1]!.averages.geometric).toBeLessThan(without);
});

test('an error keeps what came before it and stands with its job', async () => {
  const api = fakeTrainer();
  const failing = {
    ...api,
    measure: async (...[request, report]: Parameters<typeof api.measure>) => {
      await api.measure({ ...request, sets: request.sets.slice(0, 1) }, report);
      throw new OutOfMemoryError('The batch does not fit.');
    },
  };
  const other = tinyApp({
    connect: () => ({ api: failing, onfailure: () => undefined, terminate: () => undefined }),
  });
  await Promise.all([other.answers.loadExamples(), other.model.open()]);
  await other.familiarity.measure();
  expect(other.familiarity.measuring.error).toBeInstanceOf(OutOfMemoryError);
  expect(other.familiarity.sets.map(({ measured }) => measured.length)).toEqual([4, 0]);
});

test('exports hold every row and the settings that made it', async () => {
  const { familiarity } = app;
  await familiarity.measure();
  const record = recordOf(familiarity, app.answers)!;
  const lines = csvText(record).trimEnd().split('\n');
  expect(lines).toHaveLength(1 + 8);
  expect(lines[0]).toMatch(/^set,id,question,response,prompt_tokens,/);
  expect(record.model).toMatchObject({ id: 'idiolect-a', precision: 'as-stored', revision: null });
  const wordy = record.sets.find(({ name }) => name === 'Wordy')!;
  expect(wordy.rows).toHaveLength(4);
  expect(wordy.averages.median).toBe(familiarity.sets[1]!.averages.median);
});

test('a record opens again: the same numbers, without measuring', async () => {
  const { answers, familiarity } = app;
  answers.exclude(['q3']);
  answers.encoding = 'joint';
  familiarity.countEnd = true;
  await familiarity.measure();
  const record = recordOf(familiarity, answers)!;
  expect(record.notices).toContainEqual({
    kind: 'excluded',
    text: '1 question is left out by hand.',
    places: ['q3'],
  });

  const other = tinyApp();
  await Promise.all([other.answers.loadExamples(), other.model.open()]);
  await other.familiarity.show(jsonText(record), 'mine.json');
  expect(other.familiarity.complete).toBe(true);
  expect(other.familiarity.stale).toBe(false);
  expect(recordOf(other.familiarity, other.answers)).toEqual(record);
  // Under another model the numbers stay, and belong to another set-up.
  other.model.embeddedId = 'idiolect-b';
  await other.model.open();
  expect(other.familiarity.stale).toBe(true);
  expect(recordOf(other.familiarity, other.answers)).toEqual(record);
  await expect(other.familiarity.show('{}', 'other.json')).rejects.toThrow(
    'other.json is no familiarity',
  );
});

test('other weights or another precision make the numbers stale', async () => {
  const { familiarity, model } = app;
  await familiarity.measure();
  model.precision = 'int8';
  await model.open();
  expect(familiarity.stale).toBe(true);
});

/** A lab whose trainer notes how many questions it is asked to answer by itself. */
async function askedApp(files?: Record<string, string>) {
  const questionCounts: number[] = [];
  const api = fakeTrainer();
  const counting: typeof api = {
    ...api,
    ownAnswers: (request, report) => {
      questionCounts.push(request.rows.length);
      return api.ownAnswers(request, report);
    },
  };
  const other = tinyApp({
    connect: () => ({ api: counting, onfailure: () => undefined, terminate: () => undefined }),
    ...(files && { files }),
  });
  await Promise.all([other.answers.loadExamples(), other.model.open()]);
  other.familiarity.style.on = true;
  other.familiarity.style.settings.styleExamples = 1;
  const { answers, familiarity } = other;
  return { questionCounts, answers, familiarity };
}

test('in style: the model answers until enough is right, and its answers are kept', async () => {
  const { questionCounts, answers, familiarity } = await askedApp();
  expect(familiarity.styled.kind).toBe('unasked');
  // Plain and, of about the right length, in style: the button's time is of both.
  expect(familiarity.request!.sets.map(({ rows }) => rows.length)).toEqual([4, 4, 4, 4]);
  await familiarity.measure();
  expect(familiarity.complete).toBe(true);
  // The fake answers every other question right: 0 and 2 are enough.
  expect(questionCounts).toEqual([4]);
  const [plain] = familiarity.sets;
  expect(plain!.inStyle!.measured).toHaveLength(4);
  expect(plain!.inStyle!.rows[0]!.promptTokens).toBeGreaterThan(plain!.rows[0]!.promptTokens);
  const record = recordOf(familiarity, answers)!;
  const lines = csvText(record).trimEnd().split('\n');
  expect(lines[0]).toMatch(/,in_style_perplexity,in_style_end_nll,in_style_truncated$/);
  expect(lines).toHaveLength(1 + 8);
  expect(familiarity.command!.line).toContain('--style-examples 1');
  const opened = tinyApp();
  await Promise.all([opened.answers.loadExamples(), opened.model.open()]);
  await opened.familiarity.show(jsonText(record), 'mine.json');
  expect(recordOf(opened.familiarity, opened.answers)!.sets).toEqual(record.sets);

  await familiarity.measure();
  expect(questionCounts).toEqual([4]);
  // Without question 2 the next right one must be found; with it again, nothing is measured anew.
  answers.exclude(['q2']);
  expect(familiarity.complete).toBe(false);
  await familiarity.measure();
  expect(questionCounts).toEqual([4, 1]);
  answers.exclude(['q2'], false);
  expect(familiarity.complete).toBe(true);
});

test('in style: says when too little is right, and plain numbers stand', async () => {
  const { questionCounts, familiarity } = await askedApp();
  familiarity.style.settings.styleExamples = 2;
  await familiarity.measure();
  expect(questionCounts).toEqual([4]);
  const { styled } = familiarity;
  expect(styled.kind === 'too-few' && styled.reason('Tiny')).toContain(
    'Tiny answered 2 of 4 questions right by itself; 3 are needed',
  );
  expect(familiarity.complete).toBe(true);
  expect(familiarity.sets[0]!.inStyle).toBeUndefined();
  const record = recordOf(familiarity, app.answers)!;
  expect(csvText(record)).not.toContain('in_style');
});

test('in style: another set-up asks anew', async () => {
  const { questionCounts, answers, familiarity } = await askedApp();
  await familiarity.measure();
  // How an answer is cut into tokens does not change what the model says.
  answers.encoding = 'joint';
  await familiarity.measure();
  expect(questionCounts).toEqual([4]);
  // Nor does a plain prompt that is not used.
  answers.plainTemplate = 'Q: {question}';
  expect(familiarity.stale).toBe(false);
  answers.useChatTemplate = false;
  await familiarity.measure();
  expect(questionCounts).toEqual([4, 4]);
  expect(familiarity.complete).toBe(true);
});
