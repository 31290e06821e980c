/** Each figure's table, and its PNG, SVG and CSV, hold what the figure shows. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Figure } from '../../../src/figures/figure.ts';
import { curvesFigure } from '../../../src/figures/curves.ts';
import { figuresOf } from '../../../src/figures/figures.ts';
import { exampleReport, type Example } from '../../experiment/example-report.ts';
import { downloadOf } from '../downloads.ts';
import { showReport, type ShownReport } from './show-report.ts';

let example: Example;
let figures: Figure[];
beforeAll(async () => {
  example = await exampleReport();
  const { crossOver, perplexity, accuracy, retention, drift, scatter } = figuresOf(example);
  const curves = curvesFigure(example, { axis: 'step', loss: 'training' });
  figures = [crossOver, perplexity, accuracy, ...retention, drift, ...scatter, curves].filter(
    (figure) => figure !== undefined,
  );
});

function frames({ all }: ShownReport): { figure: Figure; frame: HTMLElement }[] {
  return all('figure').map((frame, i) => ({ frame, figure: figures[i]! }));
}

const press = (frame: HTMLElement, name: string): void =>
  [...frame.querySelectorAll('button')].find((button) => button.textContent === name)!.click();

describe('the figures', () => {
  it('are all there, in their order', async () => {
    const shown = showReport(example);
    await shown.unfold();
    const titles = shown.all('figure h3 .term').map((title) => title.textContent);
    expect(titles).toEqual(figures.map(({ title }) => title));
    expect(figures.map(({ id }) => id)).toEqual([
      'cross-over',
      'perplexity-before',
      'accuracy-after',
      'retention-accuracy',
      'retention-nll',
      'text-nll-dialect A',
      'text-nll-dialect B',
      'drift',
      'scatter-accuracy-ma',
      'scatter-retention-ma',
      'scatter-accuracy-mb',
      'scatter-retention-mb',
      'curves-training-step',
    ]);
    for (const { frame, figure } of frames(shown)) {
      expect(frame.querySelector('figcaption p')!.textContent).toBe(figure.sentence);
    }
  });

  it('have a table with a row for each of their records', async () => {
    const shown = showReport(example);
    await shown.unfold();
    for (const { frame, figure } of frames(shown)) {
      expect(frame.querySelector('table')).toBeNull();
      press(frame, 'Table');
      await expect
        .poll(() => frame.querySelectorAll('tbody tr').length, { message: figure.id })
        .toBe(figure.records.length);
      expect(frame.querySelectorAll('thead th')).toHaveLength(figure.columns.length);
    }
  });

  it('give their records as CSV', async () => {
    const shown = showReport(example);
    await shown.unfold();
    for (const { frame, figure } of frames(shown)) {
      const { name, blob } = await downloadOf(() => press(frame, 'CSV'));
      expect(name).toBe(`tiny-${figure.id}.csv`);
      const [head, ...rows] = (await blob.text()).trim().split(/\r?\n/);
      expect(head).toBe(figure.columns.map(({ key }) => key).join(','));
      expect(rows).toHaveLength(figure.records.length);
      figure.records.forEach((record, i) => {
        const cells = rows[i]!.split(',');
        figure.columns.forEach(({ key, number }, c) => {
          if (number) expect(cells[c], `${figure.id} ${key}`).toBe(String(record[key] ?? ''));
        });
      });
    }
  });

  it('give themselves as SVG, with their colors and their finding', async () => {
    const shown = showReport(example);
    await shown.unfold();
    for (const { frame, figure } of frames(shown)) {
      const { name, blob } = await downloadOf(() => press(frame, 'SVG'));
      expect(name).toBe(`tiny-${figure.id}.svg`);
      expect(blob.type).toBe('image/svg+xml');
      const svg = new DOMParser().parseFromString(await blob.text(), 'image/svg+xml');
      expect(svg.querySelector('parsererror')).toBeNull();
      const texts = [...svg.querySelectorAll('text')].map((text) => text.textContent);
      const drawn = [...frame.querySelectorAll('svg text')].map((text) => text.textContent);
      expect(drawn.length).toBeGreaterThan(5);
      expect(texts.slice(0, drawn.length)).toEqual(drawn);
      expect(texts.slice(drawn.length).join(' ')).toBe(figure.sentence);
      // Tokens of the page mean nothing in a file: colors are written out.
      const marks = [...svg.querySelectorAll<SVGElement>('path')].map((path) => path.style.fill);
      expect(marks).toContain('rgb(0, 114, 178)');
      expect(marks.join()).not.toContain('var(');
    }
  });

  it('give themselves as PNG of twice the size, with something on it', async () => {
    const shown = showReport(example);
    await shown.unfold();
    // Drawn by one way for all: panels, rows and curves stand for the rest.
    const some = [0, 2, figures.length - 1].map((i) => frames(shown)[i]!);
    for (const { frame, figure } of some) {
      const { name, blob } = await downloadOf(() => press(frame, 'PNG'));
      expect(name).toBe(`tiny-${figure.id}.png`);
      const picture = await createImageBitmap(blob);
      const { width } = frame.querySelector('svg')!.getBoundingClientRect();
      expect(picture.width).toBeGreaterThanOrEqual(Math.floor(2 * width));
      const canvas = new OffscreenCanvas(picture.width, picture.height);
      const context = canvas.getContext('2d')!;
      context.drawImage(picture, 0, 0);
      const { data } = context.getImageData(0, 0, picture.width, picture.height);
      const blue = data.filter((_, i) => i % 4 === 0 && isSeriesOne(data, i)).length;
      expect(blue, figure.id).toBeGreaterThan(50);
    }
  });
});

/** #0072b2, the color of the first set. */
const isSeriesOne = (data: Uint8ClampedArray, i: number): boolean =>
  data[i] === 0 && data[i + 1] === 114 && data[i + 2] === 178;

describe('the curves', () => {
  it('can be drawn against tokens, under another name', async () => {
    const shown = showReport(example);
    await shown.unfold();
    const select = [...shown.root.querySelectorAll('select')].find(
      ({ value }) => value === 'step',
    )!;
    select.value = 'tokens';
    select.dispatchEvent(new Event('change', { bubbles: true }));
    await expect.poll(() => shown.all('figure').at(-1)!.textContent).toContain('by tokens seen');
    const { name } = await downloadOf(() => press(shown.all('figure').at(-1)!, 'CSV'));
    expect(name).toBe('tiny-curves-training-tokens.csv');
  });
});
