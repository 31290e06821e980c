/** The report is one file that fetches nothing, escapes what it is given, and shows every number's table. */
import { describe, expect, it } from 'vitest';
import { htmlReport } from '../../src/exchange/experiment-report/html-report.ts';
import { tablesOf } from '../../src/experiment/report/tables.ts';
import { exampleReport } from '../experiment/example-report.ts';

async function example() {
  const { task, results, report } = await exampleReport();
  const tables = tablesOf(report);
  return {
    made: report,
    tables,
    html: htmlReport({ report, tables, questions: { test: task.test }, results }),
  };
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
    expect(html).toContain(
      `<dt>Accuracy after</dt><dd><strong>${made.crossOver!.accuracy.verdict}<`,
    );
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

describe('a reference run', () => {
  const hidden = 'body:not(:has(#with-reference:checked)) .reference';

  it('lies hidden in the figures of a run that it can be compared with', async () => {
    const { report, results, task } = await exampleReport();
    const parts = { report, tables: tablesOf(report), questions: { test: task.test }, results };
    const alone = htmlReport(parts);
    expect(alone).not.toContain('class="reference"');
    expect(alone).not.toContain('type="checkbox"');
    const html = htmlReport(parts, report);
    expect(html).toContain(hidden);
    expect(html.match(/<input type="checkbox" id="with-reference">/g)).toHaveLength(1);
    expect(html).toContain('Settings, answers, weights and engine are the same as here.');
    // Each of two widths: corners and links of the 2×2, a median with its line for each set and model,
    // accuracy and other tasks twice for each of six arms, their points in the drift.
    expect(html.match(/class="reference"/g)!.length).toBeGreaterThan(2 * (8 + 2 * 6 + 3 * 6));
    expect(html.length).toBeLessThan(1.3 * alone.length);
    expect(html).not.toMatch(/<script|NaN|undefined|Infinity/);
  });

  it('of another task is left out', async () => {
    const { report, results, task } = await exampleReport();
    const parts = { report, tables: tablesOf(report), questions: { test: task.test }, results };
    const other = {
      ...report,
      arms: report.arms.map((arm) => ({ ...arm, set: `other-${arm.set}` })),
    };
    expect(htmlReport(parts, other)).toBe(htmlReport(parts));
  });
});
