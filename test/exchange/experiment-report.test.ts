/** The report is one file that fetches nothing, escapes what it is given, and shows every number's table. */
import { describe, expect, it } from 'vitest';
import { htmlReport } from '../../src/exchange/experiment-report/html-report.ts';
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
    // Two tables of answers more, of 25 questions each, and two of the authors' numbers.
    expect(html.match(/<tr>/g)).toHaveLength(rows + 2 * 26 + 11 + 16);
    for (const table of tables) {
      for (const row of table.rows) expect(row).toHaveLength(table.columns.length);
    }
    expect(html).toContain('&quot;m/config.json&quot;: &quot;abc&quot;');
    expect(html).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('draws each figure at finite places', async () => {
    const { html } = await example();
    const kinds = (kind: string) => html.match(new RegExp(`<svg class="${kind}"`, 'g'))!.length;
    // 2×2, perplexity, accuracy, other tasks twice, two scatters a model, curves by step and tokens.
    expect(kinds('wide')).toBeGreaterThanOrEqual(5 + 4 + 2);
    expect(kinds('narrow')).toBe(kinds('wide'));
    for (const [, number] of html.matchAll(/ (?:x|y|cx|cy|x1|x2|y1|y2)="([^"]*)"/g)) {
      expect(Number.isFinite(Number(number))).toBe(true);
    }
  });
});
