/**
 * An experiment's report as one HTML file: tables and figures, no script, nothing fetched, so that
 * it opens anywhere and prints as it looks.
 */
import type { ExperimentReport } from '../../experiment/report.ts';
import type { Figure } from '../../plots/figures/figure.ts';
import type { BaseResult, PieceResult, RunResult } from '../../experiment/results.ts';
import type { Table } from '../../experiment/table.ts';
import { authors, authorsSentence, authorsTables } from '../../plots/figures/authors-numbers.ts';
import { curvesFigure } from '../../plots/figures/curves.ts';
import { figuresOf } from '../../plots/figures/figures.ts';
import { headline, verdictLines } from '../../plots/figures/verdict.ts';
import { escapeXml as escapeHtml } from '../../plots/loss-curves/ink.ts';
import { figureHtml } from './figure-html.ts';
import { reportStyle } from './style.ts';

/** Questions of the test whose answers are shown; all of them stand in the JSON. */
const SHOWN_QUESTIONS = 25;

export interface ReportQuestions {
  test: readonly { id: string; text: string; gold: string }[];
}

/** @param tables of the same report, by `tablesOf` */
export function htmlReport(
  report: ExperimentReport,
  tables: readonly Table[],
  questions: ReportQuestions,
  results: readonly PieceResult[],
): string {
  const { experiment } = report;
  const shown = { report, results };
  const figures = figuresOf(shown);
  const curves = (['held-out', 'training'] as const).flatMap((loss) =>
    (['step', 'tokens'] as const).flatMap((axis) => curvesFigure(shown, { axis, loss }) ?? []),
  );
  const tableOf = (id: string) => {
    const table = tables.find((own) => own.id === id);
    return table ? htmlTable(table) : '';
  };
  const drawn = (own: readonly (Figure | undefined)[]) =>
    own.map((figure) => (figure ? figureHtml(figure) : '')).join('');
  const sections = [
    section('The cross-over', drawn([figures.crossOver]) + tableOf('cross-over')),
    section('What was claimed in advance', tableOf('hypotheses')),
    section('Perplexity before training', drawn([figures.perplexity]) + tableOf('familiarity')),
    section('Accuracy after training', drawn([figures.accuracy]) + tableOf('accuracy')),
    section(
      'Other tasks after training',
      drawn([...figures.retention, figures.drift]) + tableOf('retention') + tableOf('drift'),
    ),
    section(
      'Does familiarity predict?',
      figures.scatter
        .map((figure) => `<h3>${escapeHtml(figure.title)}</h3>${figureHtml(figure)}`)
        .join('') +
        tableOf('ranks') +
        tableOf('trends'),
    ),
    section('Arm against arm', tableOf('comparisons')),
    section(
      'Learning curves',
      curves.map((figure) => `<h3>${escapeHtml(figure.title)}</h3>${figureHtml(figure)}`).join(''),
    ),
    section('Before training', tableOf('base') + details('By task', tableOf('families'))),
    section('The sets', setList(report)),
    section('Answers', answerTables(report, questions, results)),
    section('Reference numbers', referenceNumbers()),
    section('To run it again', provenance(report)),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(experiment.name)} – Idiolect</title>
<style>${reportStyle}</style>
</head>
<body>
<main>
<h1>${escapeHtml(experiment.name)}</h1>
<p class="soft">${escapeHtml(experiment.description)}</p>
${head(report)}
${sections.join('\n')}
</main>
</body>
</html>
`;
}

function head(report: ExperimentReport): string {
  const { crossOver, experiment, models, surroundings, seconds, notes } = report;
  const lines = (crossOver ? verdictLines(crossOver) : [])
    .map(
      ({ name, verdict, detail }) =>
        `<dt>${name}</dt><dd><span class="verdict ${verdict}">${verdict}</span>: ${escapeHtml(detail)}</dd>`,
    )
    .join('');
  const rule = experiment.crossOver
    ? `<p class="soft">The rule, fixed beforehand. ${escapeHtml(report.verdictRule)}</p>`
    : '';
  const claim = `<p class="headline">${escapeHtml(headline(report).sentence)}</p>${lines && `<dl>${lines}</dl>`}${rule}`;
  const total = Object.values(seconds).reduce((sum, own) => sum + own, 0);
  const facts: [string, string][] = [
    [
      'models',
      models
        .map(
          ({ facts: own }) =>
            `${own.id} (${own.parameters.toLocaleString('en-US')} parameters, ${own.format})`,
        )
        .join(', '),
    ],
    ['seeds', experiment.seeds.join(', ')],
    [
      'training',
      `${experiment.training.steps} steps of ${experiment.training.batchSize * experiment.training.accumulation}, learning rate ${experiment.learningRates.join(' or ') || experiment.training.learningRate}, LoRA rank ${experiment.lora.rank} (${experiment.lora.targets}), ${experiment.budget}`,
    ],
    [
      'engine',
      `${surroundings.engine.name}: ${surroundings.engine.device}; ${surroundings.platform}; Idiolect ${surroundings.idiolect}`,
    ],
    [
      'work',
      `${(total / 60).toFixed(1)} minutes, ${(seconds.training / 60).toFixed(1)} of them training`,
    ],
  ];
  const list = facts
    .map(([name, value]) => `<dt>${name}</dt><dd>${escapeHtml(value)}</dd>`)
    .join('');
  const remarks = notes.map((note) => `<li>${escapeHtml(note)}</li>`).join('');
  return `${claim}<dl>${list}</dl><ul>${remarks}</ul>`;
}

function section(title: string, content: string | false | undefined): string {
  return content ? `<section><h2>${escapeHtml(title)}</h2>${content}</section>` : '';
}

function details(summary: string, content: string): string {
  return content ? `<details><summary>${escapeHtml(summary)}</summary>${content}</details>` : '';
}

function htmlTable({ columns, rows, caption }: Table): string {
  const kind = (i: number) => (columns[i]!.words === true ? ' class="words"' : '');
  const head = columns.map(({ name }, i) => `<th${kind(i)}>${escapeHtml(name)}</th>`).join('');
  const body = rows
    .map(
      (row) =>
        `<tr>${row.map((cell, i) => `<td${kind(i)}>${escapeHtml(cell)}</td>`).join('')}</tr>`,
    )
    .join('');
  return `<figure><div class="scroll" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div><figcaption>${escapeHtml(caption)}</figcaption></figure>`;
}

function setList({ sets }: ExperimentReport): string {
  const items = sets.map(({ id, n, provenance, made, sha256 }) => {
    const how = Object.entries(made)
      .map(([key, value]) => `${key} ${value}`)
      .join(', ');
    return `<dt>${escapeHtml(id)}</dt><dd>${escapeHtml(`${n} answers. ${provenance}`)} <span class="soft">${escapeHtml(`${how}; SHA-256 ${sha256.slice(0, 12)}`)}</span></dd>`;
  });
  return `<dl>${items.join('')}</dl>`;
}

/** Question, right answer, base model's and each set's answer of the first seed. */
function answerTables(
  { models, arms }: ExperimentReport,
  { test }: ReportQuestions,
  results: readonly PieceResult[],
): string {
  return models
    .map(({ facts }) => {
      const base = results.find(
        (own): own is BaseResult => own.kind === 'base' && own.model.id === facts.id,
      )!;
      const runs = arms
        .filter(({ model }) => model === facts.id)
        .map(({ set, seeds }) =>
          results.find(
            (own): own is RunResult =>
              own.kind === 'run' &&
              own.model === facts.id &&
              own.set === set &&
              own.seed === seeds[0]!.seed,
          )!,
        );
      const titles = [
        'question',
        'right',
        'before training',
        ...runs.map(({ set, seed }) => `after ${set}, seed ${seed}`),
      ];
      const rows = test.slice(0, SHOWN_QUESTIONS).map(({ text, gold }, i) => {
        const answers = [base, ...runs].map(({ test: own }) => {
          const { strict, flexible, response } = own[i]!;
          return `${strict ? '✓' : flexible ? '✓ (form lost)' : '✗'} ${response}`;
        });
        const cells = [text, ...answers].map((cell) => `<td class="long">${escapeHtml(cell)}</td>`);
        cells.splice(1, 0, `<td class="words">${escapeHtml(gold)}</td>`);
        return `<tr>${cells.join('')}</tr>`;
      });
      const head = titles.map((title) => `<th class="words">${escapeHtml(title)}</th>`).join('');
      return details(
        `${facts.id}: the first ${rows.length} of ${test.length} test questions (all are in report.json)`,
        `<div class="scroll" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`,
      );
    })
    .join('');
}

/** The authors' results, folded: of models a thousand times as large, for comparison only. */
function referenceNumbers(): string {
  const tables = authorsTables()
    .map(({ title, columns, rows }) =>
      htmlTable({
        id: '',
        title,
        caption: title,
        columns: columns.map((name, i) => ({ name, words: i < 2 })),
        rows: rows.map((row) => [...row]),
      }),
    )
    .join('');
  const sources = [authors.paper, authors.followUp].map(({ title }) => title).join('; ');
  return details(
    authors.label,
    `<p>${escapeHtml(authorsSentence())}</p>${tables}<p class="soft">${escapeHtml(`${authors.note} ${sources}.`)}</p>`,
  );
}

function provenance({ experiment, surroundings }: ExperimentReport): string {
  const json = (value: unknown) => `<pre>${escapeHtml(JSON.stringify(value, null, 2))}</pre>`;
  return (
    `<p>Save the first block as a file and pass it to <code>npm run experiment</code>; the same engine gives the same numbers.</p>` +
    details('Experiment file', json(experiment)) +
    details('Engine, versions and hashes of all files', json(surroundings))
  );
}
