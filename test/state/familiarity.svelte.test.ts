import { flushSync } from 'svelte';
import { beforeEach, expect, test } from 'vitest';
import { averagePerplexity } from '../../src/familiarity/aggregate.ts';
import { OutOfMemoryError } from '../../src/errors.ts';
import {
  familiarityCsv,
  familiarityJson,
  measureCommand,
} from '../../src/state/familiarity-export.ts';
import type { Lab } from '../../src/state/lab.svelte.ts';
import { fakeTrainer } from '../support/fake-trainer.ts';
import { tinyLab } from '../support/tiny-lab.ts';

let lab: Lab;
beforeEach(async () => {
  lab = tinyLab();
  await Promise.all([lab.answers.loadExamples(), lab.model.open()]);
});

test('measuring fills every set and ranks them by the chosen average', async () => {
  const { familiarity } = lab;
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
  const { familiarity } = lab;
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
  const { answers, familiarity } = lab;
  answers.toggle('wordy');
  await familiarity.measure();
  answers.toggle('wordy');
  expect(familiarity.complete).toBe(false);
  expect(familiarity.request!.sets.map(({ id }) => id)).toEqual(['wordy']);
  await familiarity.measure();
  expect(familiarity.complete).toBe(true);
});

test('another encoding makes the numbers stale, and measuring replaces them', async () => {
  const { answers, familiarity } = lab;
  await familiarity.measure();
  answers.encoding = 'joint';
  expect(familiarity.stale).toBe(true);
  expect(familiarity.request!.sets).toHaveLength(2);
  await familiarity.measure();
  expect(familiarity.stale).toBe(false);
});

test('the batch size changes no number, so nothing becomes stale', async () => {
  const { familiarity } = lab;
  await familiarity.measure();
  familiarity.settings.batchTokens = 64;
  expect(familiarity.stale).toBe(false);
});

test('questions left out change the averages at once', async () => {
  const { answers, familiarity } = lab;
  await familiarity.measure();
  answers.exclude(['q0', 'q1', 'q2']);
  const [only] = familiarity.sets;
  expect(only!.measured).toHaveLength(1);
  expect(only!.averages.arithmetic).toBe(familiarity.perplexity(only!.measured[0]!));
});

test('counting the end token moves perplexity toward its own', async () => {
  const { familiarity } = lab;
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
  const other = tinyLab({
    connect: () => ({ api: failing, onfailure: () => undefined, terminate: () => undefined }),
  });
  await Promise.all([other.answers.loadExamples(), other.model.open()]);
  await other.familiarity.measure();
  expect(other.familiarity.measuring.error).toBeInstanceOf(OutOfMemoryError);
  expect(other.familiarity.sets.map(({ measured }) => measured.length)).toEqual([4, 0]);
});

test('exports hold every row and the settings that made it', async () => {
  const { familiarity } = lab;
  await familiarity.measure();
  const lines = familiarityCsv(familiarity).trimEnd().split('\n');
  expect(lines).toHaveLength(1 + 8);
  expect(lines[0]).toMatch(/^set,id,question,response,prompt_tokens,/);
  const json = JSON.parse(familiarityJson(familiarity)) as {
    measured_with: { modelId: string };
    sets: Record<string, { rows: unknown[]; median: number }>;
  };
  expect(json.measured_with.modelId).toBe('idiolect-a');
  expect(json.sets['Wordy']!.rows).toHaveLength(4);
  expect(json.sets['Wordy']!.median).toBe(familiarity.sets[1]!.averages.median);
});

test('the command quotes what a shell would split', async () => {
  const { answers, familiarity } = lab;
  await familiarity.measure();
  const entry = answers.sets[0]!;
  const own = { ...entry, example: false, set: { ...entry.set, name: "Ann's notes" } };
  expect(measureCommand(familiarity.measuredWith!, [entry, own])).toContain(
    `--responses public/data/plain.jsonl 'Ann'\\''s notes.jsonl'`,
  );
});
