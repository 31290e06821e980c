/**
 * An experiment's report as one HTML file: verdict, figures and tables, no script, nothing fetched, so
 * that it opens anywhere and prints as it looks.
 */
import type { ExperimentReport } from '../../experiment/report/report.ts';
import type { StageResult } from '../../experiment/run/results.ts';
import type { TextTable } from '../../experiment/report/table.ts';
import { authors, authorsSentence, authorsTables } from '../../figures/authors-numbers.ts';
import { curvesFigure } from '../../figures/curves.ts';
import { figuresOf } from '../../figures/figures.ts';
import { isComparable } from '../../figures/reference.ts';
import { claimWords } from '../../figures/verdict.ts';
import { answerTables, type AnsweredQuestions } from './answers.ts';
import { referenceChoice, remarks, verdictHtml } from './head.ts';
import { definitions, escapeHtml, figureHtml, fold, section, tableHtml } from './html.ts';
import { noticesHtml } from './notices.ts';
import { reportPolicy } from './policy.ts';
import { reportStyle } from './style.ts';

export interface ReportParts {
  report: ExperimentReport;
  /** Of the same report, by `tablesOf`. */
  tables: readonly TextTable[];
  questions: AnsweredQuestions;
  results: readonly StageResult[];
}

/** @param reference a stored run to be laid over the figures on demand, where the two can be compared */
export function htmlReport(parts: ReportParts, reference?: ExperimentReport): string {
  const { report, tables, questions, results } = parts;
  const { experiment } = report;
  const overlay = reference !== undefined && isComparable(report, reference);
  const shown = { report, results, ...(overlay && { reference }) };
  const figures = figuresOf(shown);
  const { crossOver, perplexity, accuracy, retention, drift, scatter, withoutScatter } = figures;
  const curves = (['held-out', 'training'] as const).flatMap((loss) =>
    (['step', 'tokens'] as const).flatMap((axis) => curvesFigure(shown, { axis, loss }) ?? []),
  );
  const tableOf = (...ids: string[]) =>
    ids.flatMap((id) => tables.filter((table) => table.id === id).map(tableHtml)).join('');

  const body = [
    verdictHtml(report),
    overlay ? referenceChoice(report, reference) : '',
    crossOver ? figureHtml(crossOver, tableOf('cross-over')) : '',
    section('What a reader must know', remarks(report, [withoutScatter])),
    section('What was left out, cut or assumed', noticesHtml(report.notices), 'folds'),
    section(
      'Set by set',
      (report.sets.length > 0 ? figureHtml(perplexity, tableOf('familiarity')) : '') +
        (accuracy ? figureHtml(accuracy, tableOf('accuracy')) : '') +
        fold('Arm against arm', tableOf('comparisons'), 'printed') +
        fold('Before training', tableOf('base', 'families'), 'printed'),
    ),
    section(
      'What it did to other tasks',
      retention
        .map((figure, i) => figureHtml(figure, i === 0 ? tableOf('retention') : ''))
        .join('') + (drift ? figureHtml(drift, tableOf('drift')) : ''),
    ),
    section(
      'Does familiarity predict what is learned?',
      scatter.map((figure) => figureHtml(figure)).join('') +
        fold('Rank correlations', tableOf('ranks', 'trends'), 'printed'),
    ),
    section('While it trained', curves.map((figure) => figureHtml(figure)).join('')),
    section(
      'What was claimed in advance',
      report.hypotheses.length > 0
        ? `<p>${claimWords(report.hypotheses)}.</p>${tableOf('hypotheses')}`
        : '',
    ),
    section('The sets', setList(report)),
    section('Answers', answerTables(report, questions, results), 'folds'),
    section('Reference numbers', referenceNumbers(), 'folds'),
    section('To run it again', provenance(report)),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${reportPolicy(reportStyle)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(experiment.name)} – Idiolect</title>
<style>${reportStyle}</style>
</head>
<body>
<main>
<h1>Experiment: ${escapeHtml(experiment.name)}</h1>
<p class="soft">${escapeHtml(experiment.description)}</p>
${body.join('\n')}
</main>
</body>
</html>
`;
}

function setList({ sets }: ExperimentReport): string {
  return definitions(
    sets.map(({ id, n, provenance, made, sha256 }) => {
      const how = Object.entries(made)
        .map(([key, value]) => `${key} ${value}`)
        .join(', ');
      const words = escapeHtml(`${n} answers. ${provenance}`);
      const marks = escapeHtml(`${how}; SHA-256 ${sha256.slice(0, 12)}`);
      return [id, `${words} <span class="soft">${marks}</span>`];
    }),
  );
}

/** The authors' results, folded: of models a thousand times as large, for comparison only. */
function referenceNumbers(): string {
  const tables = authorsTables()
    .map(({ title, columns, rows }) =>
      tableHtml({ caption: title, columns: [...columns], rows: rows.map((row) => [...row]) }),
    )
    .join('');
  const sources = [authors.paper, authors.followUp].map(({ title }) => title).join('; ');
  return fold(
    authors.label,
    `<p>${escapeHtml(authorsSentence())}</p>${tables}<p class="soft">${escapeHtml(`${authors.note} ${sources}.`)}</p>`,
  );
}

function provenance({ experiment, surroundings: environment }: ExperimentReport): string {
  const json = (value: unknown) =>
    `<pre tabindex="0">${escapeHtml(JSON.stringify(value, null, 2))}</pre>`;
  return (
    `<p>Save the first block as a file and pass it to <code>npm run experiment</code>; the same engine gives the same numbers.</p>` +
    fold('Experiment file', json(experiment)) +
    fold('Engine, versions and hashes of all files', json(environment))
  );
}
