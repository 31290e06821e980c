/** The report is one file that fetches nothing, escapes what it is given, and shows every number's table. */
import { describe, expect, it } from 'vitest';
import { htmlReport } from '../../src/exchange/experiment-report/html-report.ts';
import { linearScale, logScale } from '../../src/exchange/experiment-report/svg.ts';
import { tablesOf } from '../../src/experiment/tables.ts';
import { exampleReport } from '../experiment/example-report.ts';

async function example() {
  const { task, results, report } = await exampleReport();
  const tables = tablesOf(report);
  return { made: report, tables, html: htmlReport(report, tables, { test: task.test }, results) };
}

describe('HTML report', () => {
  it('fetches nothing and runs nothing', async () => {
    const { html } = await example();
    expect(html).not.toMatch(/<script|<link|<img|@import|url\(|https?:/);
    expect(html).toContain('A &amp; B &lt;script&gt;');
    expect(html).toContain('&lt;b&gt;none&lt;/b&gt;');
  });

  it('shows the verdicts, every table whole, and what is needed to run it again', async () => {
    const { made, tables, html } = await example();
    expect(html).toContain(`<span class="verdict ${made.crossOver!.accuracy.verdict}">`);
    expect(tables.map(({ id }) => id)).toEqual([
      'base',
      'families',
      'familiarity',
      'accuracy',
      'retention',
      'drift',
      'hypotheses',
      'cross-over',
      'comparisons',
      'ranks',
      'trends',
    ]);
    const rows = tables.reduce((sum, table) => sum + table.rows.length + 1, 0);
    // Two tables of answers more, of 25 questions each.
    expect(html.match(/<tr>/g)).toHaveLength(rows + 2 * 26);
    for (const table of tables) {
      for (const row of table.rows) expect(row).toHaveLength(table.columns.length);
    }
    expect(html).toContain('&quot;m/config.json&quot;: &quot;abc&quot;');
    expect(html).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('draws each figure at finite places', async () => {
    const { html } = await example();
    // 2×2, perplexity, accuracy, other tasks, two scatters a model, curves.
    expect(html.match(/<svg /g)).toHaveLength(4 + 4 + 1);
    for (const [, number] of html.matchAll(/ (?:x|y|cx|cy|x1|x2|y1|y2)="([^"]*)"/g)) {
      expect(Number.isFinite(Number(number))).toBe(true);
    }
  });
});

describe('scales', () => {
  it('hold every value and keep labels apart', () => {
    for (const largest of [1.2, 2.4, 18, 950, 3e5]) {
      const { at, ticks } = logScale(largest, 100, 400);
      expect(at(1)).toBe(100);
      expect(at(largest)).toBeLessThanOrEqual(400);
      const places = ticks.map(({ value }) => at(value));
      for (let i = 1; i < places.length; i++)
        expect(places[i]! - places[i - 1]!).toBeGreaterThanOrEqual(30);
    }
    expect(linearScale(0.9, 0, 100).ticks.map(({ label }) => label)).toEqual(['0', '0.5', '1']);
    expect(linearScale(43, 0, 100).ticks.map(({ label }) => label)).toEqual([
      '0',
      '20',
      '40',
      '60',
    ]);
  });
});
