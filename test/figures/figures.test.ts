/** Every figure at every stage of an experiment: places on the plane, rows behind it, words below it. */
import { beforeAll, describe, expect, it } from 'vitest';
import { curvesFigure } from '../../src/figures/curves.ts';
import type { Figure, Shown } from '../../src/figures/figure.ts';
import { figuresOf } from '../../src/figures/figures.ts';
import { headline, verdictLines } from '../../src/figures/verdict.ts';
import { svgText } from '../../src/figures/drawing/svg-text.ts';
import { exampleReport, type Example } from '../experiment/example-report.ts';

let example: Example;
beforeAll(async () => {
  example = await exampleReport();
});

function allOf(shown: Shown): Figure[] {
  const { crossOver, perplexity, accuracy, retention, drift, scatter } = figuresOf(shown);
  const curves = (['step', 'tokens'] as const).map((axis) =>
    curvesFigure(shown, { axis, loss: 'training' }),
  );
  return [crossOver, perplexity, accuracy, ...retention, drift, ...scatter, ...curves].filter(
    (figure) => figure !== undefined,
  );
}

function expectWhole(shown: Shown): void {
  for (const figure of allOf(shown)) {
    for (const width of [280, 360, 900]) {
      const drawing = figure.draw(width);
      expect(drawing.height).toBeGreaterThan(50);
      expect(svgText(drawing, figure.title), figure.id).not.toMatch(/NaN|undefined|Infinity/);
    }
    expect(figure.sentence, figure.id).not.toMatch(/NaN|undefined|Infinity|null/);
    for (const record of figure.records) {
      for (const { key } of figure.columns) expect(record, figure.id).toHaveProperty(key);
    }
  }
}

describe('figures', () => {
  it('are all there for a whole experiment, the reference laid over', () => {
    const { report, results } = example;
    const ids = allOf({ report, results }).map(({ id }) => id);
    expect(ids).toEqual(
      expect.arrayContaining([
        'cross-over',
        'perplexity-before',
        'accuracy-after',
        'retention-accuracy',
        'retention-nll',
        'scatter-accuracy-ma',
        'scatter-retention-mb',
        'curves-training-step',
        'curves-training-tokens',
      ]),
    );
    expectWhole({ report, results, reference: report });
    // A hollow mark for each set or arm and one for each corner.
    const hollow = (shown: Shown) =>
      allOf(shown).flatMap(({ draw }) =>
        draw(900).shapes.filter(({ attributes }) => attributes['fill'] === 'var(--paper)'),
      ).length;
    expect(hollow({ report, results })).toBe(0);
    expect(hollow({ report, results, reference: report })).toBeGreaterThanOrEqual(6 + 6 + 6 + 8);
  });

  it('draw what is there of a beginning, and without any result', () => {
    const { results, partial } = example;
    for (const stages of [0, 1, 4, 6, 9, 14]) {
      expectWhole({ report: partial(stages), results: results.slice(0, stages) });
    }
    expectWhole({ report: example.report, results: [] });
  });

  it('say the same of a report that was read from JSON', () => {
    const { report, results } = example;
    const read = JSON.parse(JSON.stringify({ report, results })) as Shown;
    expectWhole(read);
    const words = (shown: Shown) => allOf(shown).map(({ sentence }) => sentence);
    expect(words(read)).toEqual(words({ report, results }));
  });

  it('have one dot for each seed', () => {
    const { report, results } = example;
    const { accuracy } = figuresOf({ report, results });
    const dots = accuracy!.draw(900).shapes.filter(({ title }) => title?.includes('seed'));
    expect(dots).toHaveLength(6 * 2);
  });
});

describe('one model, two sets, one seed, no other tasks, no 2×2', () => {
  it('is drawn with Wilson’s interval, and says why there is no rank correlation', async () => {
    const { report, results } = await exampleReport({
      models: [{ id: 'ma', dialect: 'a' }],
      sets: ['a', 'b'].map((writer) => ({ id: writer, kind: 'written', writer })),
      seeds: [1],
      task: { kind: 'world', trainQuestions: 5, testQuestions: 30, retentionQuestions: 0 },
      crossOver: undefined,
    });
    const figures = figuresOf({ report, results });
    expect(figures.crossOver).toBeUndefined();
    expect(figures.scatter).toEqual([]);
    expect(figures.withoutScatter).toContain('ma');
    expect(figures.accuracy!.records.map(({ interval }) => interval)).toEqual(['Wilson', 'Wilson']);
    expect(figures.accuracy!.records[0]).toMatchObject(report.arms[0]!.seeds[0]!.strict.interval);
    expectWhole({ report, results });
    expect(headline(report).verdict).toBeUndefined();
    expect(headline(report).sentence).toContain('one seed each');
  });
});

describe('more sets than colors', () => {
  it('have a row each, and marks of their own', async () => {
    const writers = ['a', 'b', 'terse', 'detail', 'paraphrase', 'redundant', 'shuffled'];
    const sets = [...writers, 'a', 'b', 'terse'].map((writer, i) => ({
      id: `set-${i}`,
      kind: 'written' as const,
      writer,
    }));
    const { report, results } = await exampleReport({
      models: [{ id: 'ma', dialect: 'a' }],
      sets,
      seeds: [1],
      crossOver: undefined,
    });
    expectWhole({ report, results });
    const { accuracy } = figuresOf({ report, results });
    expect(accuracy!.records).toHaveLength(10);
    const marks = accuracy!
      .draw(900)
      .shapes.filter(({ title }) => title?.includes('seed'))
      .map(({ attributes: { d, fill } }) => `${d} ${fill}`);
    expect(new Set(marks).size).toBe(10);
    expect(marks.join()).not.toContain('--series-9');
  });
});

describe('the headline', () => {
  it('is the claim when it holds, with p and the smallest p beside it', () => {
    const { report } = example;
    expect(headline(report)).toEqual({
      verdict: 'supported',
      sentence:
        'Supported: each model finds answers in its own language more familiar, and learns better from them.',
    });
    const [, accuracy] = verdictLines(report.crossOver!);
    expect(accuracy!.test).toMatch(/over 30 questions \(smallest possible [\d.]+\)/);
    expect(accuracy!.test).toContain('over 2 seeds (smallest possible 0.25)');
  });

  it('waits while runs of the 2×2 are missing', () => {
    expect(headline(example.partial(8)).sentence).toMatch(
      /^No verdict yet: \d of the 8 runs of the cross-over are in\.$/,
    );
  });

  it('says so when familiarity holds and learning goes the other way, or nowhere', async () => {
    const against = await exampleReport(
      {},
      { skill: (model, set) => (set !== undefined && model.endsWith(set) ? 0.1 : 0.9) },
    );
    expect(headline(against.report).sentence).toBe(
      'Contradicted: each model finds answers in its own language more familiar, but it learns better from answers in the other language.',
    );
    const nowhere = await exampleReport({}, { skill: () => 0.5 });
    expect(headline(nowhere.report).sentence).toMatch(
      /^Inconclusive: .* not settled by these runs\.$/,
    );
  });
});
