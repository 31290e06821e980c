/** The report is one file that fetches nothing, escapes what it is given, and shows every number's table. */
import { describe, expect, it } from 'vitest';
import { htmlReport } from '../../src/exchange/experiment-report/html-report.ts';
import { linearScale, logScale } from '../../src/exchange/experiment-report/svg.ts';
import { makeReport, type Surroundings } from '../../src/experiment/report.ts';
import type { PieceResult } from '../../src/experiment/results.ts';
import { runExperiment } from '../../src/experiment/run.ts';
import { readExperiment } from '../../src/experiment/schema.ts';
import { tablesOf } from '../../src/experiment/tables.ts';
import { worldTask } from '../../src/experiment/task.ts';
import { fakeDoers, memoryResults } from '../experiment/fake-doers.ts';

const surroundings: Surroundings = {
  idiolect: '0',
  tensorflow_js: '0',
  platform: 'test',
  engine: { name: 'none', device: '<b>none</b>', threads: 1, features: [] },
  prompt: { useChatTemplate: true, plainTemplate: '{question}' },
  files: { 'm/config.json': 'abc' },
  fingerprint: 'f',
};

async function example() {
  const experiment = readExperiment(
    {
      version: 1,
      name: 'tiny',
      description: 'A & B <script>alert(1)</script>',
      models: [
        { id: 'ma', dialect: 'a' },
        { id: 'mb', dialect: 'b' },
      ],
      task: { kind: 'world', trainQuestions: 5, testQuestions: 30, retentionQuestions: 10 },
      sets: ['a', 'b', 'terse'].map((writer) => ({ id: writer, kind: 'written', writer })),
      seeds: [1, 2],
      crossOver: { modelA: 'ma', setA: 'a', modelB: 'mb', setB: 'b' },
    },
    'test',
  );
  if (experiment.task.kind !== 'world') throw new Error('A task of the micro-world was asked for.');
  const task = worldTask(experiment, experiment.task);
  const golds = new Map(
    [...task.train, ...task.test, ...task.retention].map((q) => [q.text, q.gold]),
  );
  const { doers } = fakeDoers({
    golds,
    skill: (model, set) => (set !== undefined && model.endsWith(set) ? 0.9 : 0.3),
  });
  const results: PieceResult[] = [];
  const store = memoryResults();
  const report = () => Promise.resolve();
  for await (const { result } of runExperiment({
    experiment,
    task,
    files: new Map(),
    doers,
    store,
    report,
  })) {
    results.push(result);
  }
  const made = makeReport(experiment, task, results, surroundings);
  const tables = tablesOf(made);
  return { made, tables, html: htmlReport(made, tables, { test: task.test }, results) };
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
      'cross-over',
      'comparisons',
      'ranks',
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
