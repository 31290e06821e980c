/** Mending answers by hand: differences taken over, right or wrong, surprise before and after. */
import { describe, expect, it } from 'vitest';
import { HandEditor } from '../../src/state/hand-editor.svelte.ts';
import { tinyApp } from '../support/tiny-app.ts';

const answered = (id: string, answers: readonly string[]) => ({
  id,
  name: id,
  rows: answers.map((response, i) => ({
    id: `q${i}`,
    question: `What is ${i} + 1?`,
    response,
    gold: String(i + 1),
  })),
});
const ownSet = answered('own', ['0 + 1 = 1. Answer: 1', '1 + 1 = 3. Answer: 3']);
const right = answered('right', ['0 + 1 = 1. Answer: 1', '1 + 1 = 2. Answer: 2']);

async function editing(set = ownSet) {
  const app = tinyApp();
  await app.start();
  app.answers.add([ownSet, right]);
  return { app, editor: new HandEditor(app, set) };
}

describe('the hand editor', () => {
  it('begins with what is wrong, beside the other set', async () => {
    const { editor } = await editing();
    editor.referenceId = 'right';
    expect(editor.rows.map(({ id }) => id)).toEqual(['q1']);
    expect(editor.right).toBe(false);
    expect(editor.parts.filter(({ kind }) => kind === 'changed')).toEqual([
      { kind: 'changed', from: ' 3', to: ' 2' },
      { kind: 'changed', from: ' 3', to: ' 2' },
    ]);
  });

  it('takes over one difference, or all from one on, and goes back', async () => {
    const { editor } = await editing();
    editor.referenceId = 'right';
    editor.take(1);
    expect(editor.text).toBe('1 + 1 = 2. Answer: 3');
    expect(editor.right).toBe(false);
    editor.takeFrom(1);
    expect(editor.text).toBe('1 + 1 = 2. Answer: 2');
    expect(editor.right).toBe(true);
    expect(editor.rows.length).toBe(1);
    editor.reset();
    expect(editor.edited.size).toBe(0);
  });

  it('measures the answer before and after', async () => {
    const { editor } = await editing();
    await editor.measure();
    const before = editor.perplexity;
    expect(before).toBeGreaterThan(1);
    editor.write('1 + 1 = 2. Answer: 2');
    expect(editor.perplexity).toBeUndefined();
    await editor.measure();
    expect(editor.perplexity).toBeGreaterThan(1);
    expect(editor.perplexityBefore).toBe(before);
  });

  it('adds the mended answers as a set that says how it came about', async () => {
    const { app, editor } = await editing();
    editor.write('1 + 1 = 2. Answer: 2');
    expect(editor.save()).toBe('own, by hand');
    const { set } = app.answers.sets.at(-1)!;
    expect(set.rows.map(({ response }) => response)).toEqual([
      ownSet.rows[0]!.response,
      '1 + 1 = 2. Answer: 2',
    ]);
    expect(set.provenance).toContain('1 of 2 answers mended by hand; 2 final answers are right');
    expect(app.answers.entry('own')!.set.rows[1]!.response).toBe('1 + 1 = 3. Answer: 3');
  });

  it('shows every question where none is wrong', async () => {
    const { editor } = await editing(right);
    expect(editor.wrongOnly).toBe(false);
    expect(editor.rows.length).toBe(2);
    editor.move(-1);
    expect(editor.row?.id).toBe('q1');
  });
});
