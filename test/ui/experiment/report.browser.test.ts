/** The report as a reader meets it: the verdict in words, what is folded, the reference, and the printer. */
import { beforeAll, describe, expect, it } from 'vitest';
import { exampleReport, type Example } from '../../experiment/example-report.ts';
import { seriousFindings } from '../axe.ts';
import { showReport } from './show-report.ts';

let example: Example;
beforeAll(async () => {
  example = await exampleReport();
});

describe('the verdict', () => {
  const skills = {
    supported: (model: string, set?: string) =>
      set !== undefined && model.endsWith(set) ? 0.9 : 0.3,
    contradicted: (model: string, set?: string) =>
      set !== undefined && model.endsWith(set) ? 0.1 : 0.9,
    inconclusive: () => 0.5,
  };
  const words = {
    supported: /^Supported: each model .* learns better from them\.$/,
    contradicted: /^Contradicted: .* learns better from answers in the other language\.$/,
    inconclusive: /^Inconclusive: .* is not settled by these runs\.$/,
  };

  it.each(['supported', 'contradicted', 'inconclusive'] as const)(
    '%s, in words',
    async (verdict) => {
      const { find, all } = showReport(await exampleReport({}, { skill: skills[verdict] }));
      expect(find('article').firstElementChild!.firstElementChild).toBe(find('.headline'));
      expect(find('.headline').dataset['verdict']).toBe(verdict);
      expect(find('.headline').textContent).toMatch(words[verdict]);
      const said = all('.verdict dd').map((line) => line.textContent);
      expect(said).toHaveLength(3);
      expect(said[1]).toMatch(new RegExp(`^${verdict}: .*95 % interval .* to .*ma .*mb `));
    },
  );

  it('keeps the tests and the rule folded, and the smallest possible p in them', () => {
    const fold = showReport(example).folds()[0]!;
    expect(fold.open).toBe(false);
    expect(fold.textContent).toContain(example.report.verdictRule);
    expect(fold.textContent).toContain('over 2 seeds (smallest possible 0.25)');
  });
});

describe('what is shown', () => {
  it('is the 2×2, the rest folded; without a 2×2 the measures themselves', async () => {
    const { all } = showReport(example);
    const seen = (element: HTMLElement) => element.checkVisibility({ contentVisibilityAuto: true });
    const titles = () =>
      all('figure h3')
        .filter(seen)
        .map((element) => element.textContent.trim());
    expect(titles().map((title) => title.split('KL')[0])).toHaveLength(1);
    expect(titles()[0]).toMatch(/^The cross-over/);
    const other = await exampleReport({ crossOver: undefined });
    const plain = showReport(other);
    expect(
      plain
        .all('figure h3')
        .filter(seen)
        .map((element) => element.querySelector('button')!.textContent),
    ).toEqual(['Perplexity before training', 'Accuracy after training']);
  });

  it('copes with any beginning of an experiment', () => {
    for (const stages of [0, 1, 4, 8, 11, 15]) {
      const { find } = showReport({
        task: example.task,
        report: example.partial(stages),
        results: example.results.slice(0, stages),
      });
      expect(find('.headline').textContent).toMatch(/^No verdict yet: \d of the 8 runs/);
    }
  });

  it('is unfolded for the printer, and folded again', async () => {
    const measures = showReport(example)
      .folds()
      .filter((details) => details.matches('.folds > div > details'));
    expect(measures.length).toBeGreaterThanOrEqual(4);
    measures[0]!.open = true;
    await expect.poll(() => measures[0]!.querySelector('figure svg')).not.toBeNull();
    const states = () => measures.map(({ open }) => open);
    const before = states();
    dispatchEvent(new Event('beforeprint'));
    expect(states()).not.toContain(false);
    for (const fold of measures) expect(fold.querySelector('figure svg')).not.toBeNull();
    dispatchEvent(new Event('afterprint'));
    expect(states()).toEqual(before);
  });

  it.each(['light', 'dark'])('has nothing serious for axe to find, %s', async (theme) => {
    document.documentElement.dataset['theme'] = theme;
    const { root, unfold } = showReport(example, () => Promise.resolve(example.report));
    await unfold();
    expect(await seriousFindings(root)).toEqual([]);
    delete document.documentElement.dataset['theme'];
  });
});

describe('the reference run', () => {
  const hollow = '[fill="var(--paper)"]';

  it('is laid over the figures and taken away again', async () => {
    const { all, button, find, folds } = showReport(example, () => Promise.resolve(example.report));
    folds().find(({ textContent }) => textContent.trim().startsWith('Set by set'))!.open = true;
    await expect.poll(() => all('figure').length).toBe(3);
    expect(all(hollow)).toHaveLength(0);
    button('Show the reference run').click();
    await expect.poll(() => all(hollow).length).toBe(12 + 6 + 6);
    expect(find('.reference [role="status"]').textContent).toContain('are the same as here');
    button('Hide the reference run').click();
    await expect.poll(() => all(hollow).length).toBe(0);
  });

  it('is not drawn when nothing of it can be compared, and says so', async () => {
    const other = await exampleReport({
      models: [{ id: 'other', dialect: 'a' }],
      crossOver: undefined,
    });
    const { all, button, find } = showReport(example, () => Promise.resolve(other.report));
    button('Show the reference run').click();
    await expect.poll(() => find('.reference').textContent).toContain('so nothing of it is drawn');
    expect(all(hollow)).toHaveLength(0);
  });

  it('says why it could not be loaded', async () => {
    const { button, find } = showReport(example, () => Promise.reject(new Error('no such file')));
    button('Show the reference run').click();
    await expect.poll(() => find('.reference').textContent).toContain('could not be loaded');
    expect(find('.reference').textContent).toContain('no such file');
    expect(button('Show the reference run').disabled).toBe(false);
  });
});
