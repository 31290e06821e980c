import { beforeEach, expect, test } from 'vitest';
import { DataError, DownloadError } from '../../src/errors.ts';
import type { AppState } from '../../src/state/app-state.svelte.ts';
import { exampleFiles, tinyApp } from '../support/tiny-app.ts';

let app: AppState;
beforeEach(async () => {
  app = tinyApp();
  await app.answers.loadExamples();
});

test('example sets are joined by question, each with a color of its own', () => {
  const { answers } = app;
  expect(answers.sets.map(({ slot }) => slot)).toEqual([1, 2]);
  expect(answers.joined.map(({ name }) => name)).toEqual(['Plain', 'Wordy']);
  expect(answers.includedCount).toBe(4);
});

test('a missing index is an error that says what was asked for', async () => {
  const { answers } = tinyApp({ files: {} });
  await answers.loadExamples();
  expect(answers.examples).toBeInstanceOf(DownloadError);
  expect((answers.examples as Error).message).toContain('data/index.json');
});

test('a page served in place of the index is refused', async () => {
  const { answers } = tinyApp({ files: { 'data/index.json': '<!doctype html>' } });
  await answers.loadExamples();
  expect(answers.examples).toBeInstanceOf(DataError);
});

test('leaving questions out reaches every set and can be undone', () => {
  const { answers } = app;
  answers.exclude(['q1', 'q2']);
  expect(answers.included.map((set) => set.rows.map(({ id }) => id))).toEqual([
    ['q0', 'q3'],
    ['q0', 'q3'],
  ]);
  expect(answers.undoable).toBe('2 questions left out');
  answers.undo();
  expect(answers.includedCount).toBe(4);
  expect(answers.undoable).toBeUndefined();
});

test('the cursor walks around the end and survives another order of sets', () => {
  const { answers } = app;
  answers.move(-1);
  expect(answers.cursor).toBe(3);
  answers.toggle('plain');
  expect(answers.questions[answers.cursor]!.id).toBe('q3');
  answers.move(1);
  expect(answers.cursor).toBe(0);
});

test('pasted answers to the same questions stand beside the example sets', async () => {
  const { answers } = app;
  await answers.read([exampleFiles['data/plain.jsonl']!.replaceAll('The answer is', 'It is')]);
  expect(answers.draft!.preview.problems).toEqual([]);
  await answers.acceptImport();
  expect(answers.joined).toHaveLength(3);
  expect(answers.sets.at(-1)).toMatchObject({ slot: 3, example: false, shown: true });
});

test('answers to other questions replace what is shown, and undo brings it back', async () => {
  const { answers } = app;
  await answers.read(['What is red?\tA color.\nWhat is up?\tA direction.']);
  await answers.acceptImport();
  expect(answers.joined.map(({ rows }) => rows.length)).toEqual([2]);
  expect(answers.joinError).toBeUndefined();
  answers.undo();
  expect(answers.joined.map(({ name }) => name)).toEqual(['Plain', 'Wordy']);
});

test('an unreadable file says which line and leaves everything as it was', async () => {
  const { answers } = app;
  await answers.read(['{"question":"a","answer":"b"}\n{"question": oops}']);
  expect(answers.importError).toBeInstanceOf(DataError);
  expect(answers.importError!.message).toContain('line 2');
  expect(answers.joined).toHaveLength(2);
});

test('a column can be corrected before the sets are added', async () => {
  const { answers } = app;
  await answers.read(['[{"question":"a","note":"x","answer":"b"}]']);
  answers.draft!.chooseResponse('note', true);
  expect(answers.draft!.preview.sets.map(({ name }) => name)).toEqual(['answer', 'note']);
  answers.draft!.choose('question', undefined);
  expect(answers.draft!.mapping.question).toBeUndefined();
});

test('the prompt follows the model until it is chosen', async () => {
  expect(app.answers.useChatTemplate).toBe(false);
  await app.model.open();
  expect(app.answers.useChatTemplate).toBe(true);
  app.answers.useChatTemplate = false;
  expect(app.answers.prompt.useChatTemplate).toBe(false);
});

test('several files are read one after another; one that cannot be read does not stop the rest', async () => {
  const { answers } = app;
  const file = (name: string, text: string): File => new File([text], name);
  await answers.read([
    file('red.jsonl', '{"question":"What is red?","answer":"A color."}'),
    file('broken.json', '<!doctype html><title>404</title>'),
    file('up.csv', 'question,answer\nWhat is red?,Not blue.'),
  ]);
  expect(answers.filesLeft).toBe(2);
  await answers.acceptImport();
  expect(answers.importError?.message).toMatch(/broken\.json/);
  await answers.cancelImport();
  expect(answers.importError).toBeUndefined();
  expect(answers.draft!.table.fileName).toBe('up.csv');
  await answers.acceptImport();
  expect(answers.joined.map(({ name }) => name)).toEqual(['red', 'up']);
  expect(answers.draft).toBeUndefined();
});
