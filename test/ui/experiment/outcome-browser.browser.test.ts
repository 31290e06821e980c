/** Reading answers one by one: by keyboard, by what changed, by run, on a phone, and with many runs. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import type { BaseResult, RunResult } from '../../../src/experiment/run/results.ts';
import { exampleReport, type Example } from '../../experiment/example-report.ts';
import { seriousFindings } from '../axe.ts';
import { showReport, type ShownReport } from './show-report.ts';

let example: Example;
let shown: ShownReport;
let browser: HTMLDetailsElement;
const TITLE = 'Answers, question by question';
beforeAll(async () => {
  example = await exampleReport({
    task: { kind: 'world', trainQuestions: 5, testQuestions: 300, retentionQuestions: 10 },
    seeds: [1, 2, 3],
  });
});
beforeEach(() => {
  shown = showReport(example);
  browser = shown.folds().find((fold) => fold.querySelector('.title')!.textContent === TITLE)!;
});

async function open(): Promise<void> {
  browser.querySelector('summary')!.focus();
  await userEvent.keyboard('{Enter}');
  await expect.poll(() => browser.querySelector('.browser')).not.toBeNull();
}

const items = () => [...browser.querySelectorAll('li')];
const questions = () => items().map((item) => item.querySelector('.question')!.textContent);
const status = () => browser.querySelector('[role="status"]')!.textContent;
function control(label: string): HTMLSelectElement | HTMLInputElement {
  const labels = [...browser.querySelectorAll('label')];
  const { control: found } = labels.find((element) => element.textContent === label)!;
  return found as HTMLSelectElement | HTMLInputElement;
}
const select = (label: string) => control(label) as HTMLSelectElement;
const choose = (label: string, value: string) => userEvent.selectOptions(select(label), value);

/** Questions of a run that changed as asked, by its results alone. */
function changed(runId: string, from: boolean, to: boolean): string[] {
  const run = example.results.find((result): result is RunResult => result.id === runId)!;
  const base = example.results.find(
    (result): result is BaseResult => result.id === `base.${run.model}`,
  )!;
  return example.task.test
    .filter((_, i) => base.test[i]!.strict === from && run.test[i]!.strict === to)
    .map(({ text }) => text);
}

describe('by keyboard', () => {
  it('is opened, paged through to both ends, and filtered', async () => {
    await open();
    await choose('Show', 'all');
    await expect.poll(status).toBe('1–5 of 300');
    const list = browser.querySelector<HTMLElement>('[role="region"]')!;
    // Reached by the tab key after the last control above it.
    control('With the words').focus();
    await userEvent.keyboard('{Tab}');
    expect(document.activeElement).toBe(list);
    const first = questions();
    await userEvent.keyboard('{ArrowRight}');
    await expect.poll(status).toBe('6–10 of 300');
    expect(questions()).toEqual(example.task.test.slice(5, 10).map(({ text }) => text));
    await userEvent.keyboard('{End}');
    await expect.poll(status).toBe('296–300 of 300');
    expect(shown.button('Next page').disabled).toBe(true);
    await userEvent.keyboard('{ArrowRight}');
    expect(status()).toBe('296–300 of 300');
    await userEvent.keyboard('{Home}{ArrowLeft}');
    await expect.poll(status).toBe('1–5 of 300');
    expect(questions()).toEqual(first);
  });

  it('leaves the arrow keys to a field that one types into', async () => {
    await open();
    await choose('Show', 'all');
    const field = control('With the words');
    await userEvent.fill(field, 'a');
    const before = status();
    await userEvent.keyboard('{ArrowLeft}{ArrowRight}{End}');
    expect(status()).toBe(before);
  });
});

describe('the choices', () => {
  beforeEach(open);

  it('show the questions that changed as asked, of the run that is asked for', async () => {
    const { id: known } = example.results.find(
      (result) =>
        result.kind === 'run' && result.model === 'mb' && result.set === 'b' && result.seed === 2,
    )!;
    await choose('Run', known);
    for (const [filter, from, to] of [
      ['gained', false, true],
      ['lost', true, false],
    ] as const) {
      await choose('Show', filter);
      const wanted = changed(known, from, to);
      expect(wanted.length).toBeGreaterThan(5);
      await expect.poll(status).toBe(`1–5 of ${wanted.length}`);
      expect(questions()).toEqual(wanted.slice(0, 5));
      const marks = items().map((item) =>
        [...item.querySelectorAll('strong')].slice(1).map((strong) => strong.textContent),
      );
      const word = (right: boolean) => (right ? '✓ right' : '✗ wrong');
      for (const pair of marks) expect(pair).toEqual([word(from), word(to)]);
      const option = select('Show').selectedOptions[0]!.textContent;
      expect(option).toContain(`(${wanted.length})`);
    }
  });

  it('find words, begin again at the first page, and say when nothing is found', async () => {
    await choose('Show', 'all');
    shown.button('Next page').click();
    const { text } = example.task.test[200]!;
    await userEvent.fill(control('With the words'), text.toUpperCase());
    await expect.poll(() => questions()[0]).toBe(text);
    await userEvent.fill(control('With the words'), 'no such words');
    await expect.poll(() => items().length).toBe(0);
    expect(browser.textContent).toContain('No question is of this kind.');
  });

  it('show other tasks with their right answers', async () => {
    await choose('Questions', 'retention');
    await choose('Show', 'all');
    await expect.poll(status).toBe('1–5 of 10');
    const golds = items().map((item) => item.querySelector('.gold strong')!.textContent);
    expect(golds).toEqual(example.task.retention.slice(0, 5).map(({ gold }) => gold));
  });
});

describe('size', () => {
  it('holds eighteen runs of 300 questions with five answers drawn', async () => {
    await open();
    const run = select('Run');
    expect(run.options).toHaveLength(18);
    expect([...run.querySelectorAll('optgroup')].map(({ label }) => label)).toEqual(['ma', 'mb']);
    await choose('Show', 'all');
    await expect.poll(() => items().length).toBe(5);
  });

  it('fits a phone, its controls one below the other, and satisfies axe', async () => {
    await page.viewport(360, 780);
    await open();
    await choose('Show', 'all');
    expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(360);
    const lefts = ['Run', 'Questions', 'Show', 'With the words'].map((label) =>
      Math.round(control(label).getBoundingClientRect().left),
    );
    expect(new Set(lefts).size).toBe(1);
    expect(await seriousFindings(browser)).toEqual([]);
    await page.viewport(1280, 900);
  });
});
