/** The beginning of the report: the verdict, what it rests on, and the choice of a reference run. */
import type { ExperimentReport } from '../../experiment/report/report.ts';
import { referenceWords } from '../../figures/reference.ts';
import { headline, verdictLines } from '../../figures/verdict.ts';
import { definitions, escapeHtml, fold } from './html.ts';

export function verdictHtml(report: ExperimentReport): string {
  const { crossOver, experiment } = report;
  const lines = crossOver ? verdictLines(crossOver) : [];
  const effects = definitions(
    lines.map(({ name, verdict, effect }) => [
      name,
      `<strong>${verdict}</strong>: ${escapeHtml(effect)}`,
    ]),
  );
  const rule = [
    `<p>${escapeHtml(report.verdictRule)}</p>`,
    definitions(lines.map(({ name, test, help }) => [name, escapeHtml(`${test} ${help}`)])),
  ];
  return [
    `<p class="headline">${escapeHtml(headline(report).sentence)}</p>`,
    effects,
    experiment.crossOver
      ? fold(
          'How it was decided: the tests, and the rule fixed beforehand',
          rule.join(''),
          'printed',
        )
      : '',
  ].join('');
}

/** A box to tick, which the style sheet reads: no script is needed to show what is hidden. */
export function referenceChoice(report: ExperimentReport, reference: ExperimentReport): string {
  const words = escapeHtml(referenceWords(report, reference));
  return `<label class="choice"><input type="checkbox" id="with-reference"> Lay the reference run over the figures</label><p class="reference"><strong>Hollow marks: the stored reference run.</strong> ${words}</p>`;
}

/** Facts of the run, then its remarks. */
export function remarks(report: ExperimentReport, more: readonly (string | undefined)[]): string {
  const { experiment, models, surroundings: environment, seconds, notes } = report;
  const { training, learningRates, lora, budget, seeds } = experiment;
  const total = Object.values(seconds).reduce((sum, duration) => sum + duration, 0);
  const named = models.map(
    ({ facts: { id, parameters, format } }) =>
      `${id} (${parameters.toLocaleString('en-US')} parameters, ${format})`,
  );
  const rates = learningRates.join(' or ') || training.learningRate;
  const facts: [string, string][] = [
    ['models', named.join(', ')],
    ['seeds', seeds.join(', ')],
    [
      'training',
      `${training.steps} steps of ${training.batchSize * training.accumulation} answers, learning rate ${rates}, LoRA rank ${lora.rank} (${lora.targets}), ${budget}`,
    ],
    [
      'engine',
      `${environment.engine.name}: ${environment.engine.device}; ${environment.platform}; Idiolect ${environment.idiolect}`,
    ],
    [
      'work',
      `${(total / 60).toFixed(1)} minutes, ${(seconds.training / 60).toFixed(1)} of them training`,
    ],
  ];
  const items = [...notes, ...more]
    .flatMap((note) => (note === undefined ? [] : [`<li>${escapeHtml(note)}</li>`]))
    .join('');
  return `<ul>${items}</ul>${definitions(facts.map(([name, value]) => [name, escapeHtml(value)]))}`;
}
