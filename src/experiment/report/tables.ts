/** The report's numbers as tables of text: the same ones on a terminal, in the report and as CSV. */
import type { PairedChange } from '../../statistics/paired-change.ts';
import type { DivergenceSummary } from './drift.ts';
import {
  decimal,
  isMissing,
  range,
  share,
  shareRange,
  signed,
  withInterval,
} from './number-text.ts';
import type { ExperimentReport } from './report.ts';
import { answerRule, type Experiment } from '../spec/schema.ts';
import { number, text, type TextTable } from './table.ts';
import { testTables } from './test-tables.ts';

export function tablesOf(report: ExperimentReport): TextTable[] {
  return [
    ...(report.models.length > 0 ? [baseTable(report)] : []),
    ...(report.models.some(({ byFamily }) => Object.keys(byFamily).length > 1)
      ? [familyTable(report)]
      : []),
    ...(report.sets.length > 0 ? [familiarityTable(report)] : []),
    ...(report.arms.length > 0 ? [accuracyTable(report)] : []),
    ...(report.arms.length > 0 && report.models.some(({ retention }) => retention.n > 0)
      ? [retentionTable(report)]
      : []),
    ...(report.arms.some(({ divergence, textNllChange }) =>
      [divergence.test, divergence.retention, ...Object.values(textNllChange)].some(Boolean),
    )
      ? [driftTable(report)]
      : []),
    ...testTables(report),
  ];
}

/** What the two ways of counting right answers are called. */
const waysOf = ({ task }: Experiment): [string, string] =>
  answerRule(task).kind === 'multiple-choice' ? ['acc', 'acc_norm'] : ['strict', 'flexible'];

function baseTable({ models, experiment }: ExperimentReport): TextTable {
  const [strictName, flexibleName] = waysOf(experiment);
  return {
    id: 'base',
    title: 'Before training',
    caption:
      'Greedy accuracy of the base models with 95 % Wilson intervals. Strict wants the form that training teaches, flexible forgives a lost form. Of multiple choice, acc takes the option with the largest log-likelihood and acc_norm the one with the largest per byte.',
    columns: [
      text('model'),
      number('parameters'),
      number('n'),
      number(strictName),
      number(flexibleName),
      number('other tasks, n'),
      number('other tasks'),
      number('NLL there'),
    ],
    rows: models.map(({ facts, strict, flexible, retention, retentionNll }) => [
      facts.id,
      String(facts.parameters),
      String(strict.n),
      withInterval(strict),
      withInterval(flexible),
      String(retention.n),
      withInterval(retention),
      decimal(retentionNll),
    ]),
  };
}

function familyTable({ models }: ExperimentReport): TextTable {
  return {
    id: 'families',
    title: 'Before training, by task',
    caption: 'Strict accuracy of the base models with 95 % Wilson intervals.',
    columns: [text('model'), text('task'), text('family'), number('n'), number('accuracy')],
    rows: models.flatMap(({ facts, byFamily, retentionByFamily }) =>
      [
        { task: 'to learn', families: byFamily },
        { task: 'other', families: retentionByFamily },
      ].flatMap(({ task, families }) =>
        Object.entries(families).map(([family, accuracy]) => [
          facts.id,
          task,
          family,
          String(accuracy.n),
          withInterval(accuracy),
        ]),
      ),
    ),
  };
}

function familiarityTable({ models, sets, experiment }: ExperimentReport): TextTable {
  const styled = experiment.familiarity.styleExamples > 0;
  return {
    id: 'familiarity',
    title: 'Perplexity before training',
    caption:
      'Averages over answers of exp(nats per token); clipped counts no token above 3 nats; top-1 is the share of tokens that were the likeliest choice; similarity is to the model’s own greedy answers, word by word.',
    columns: [
      text('model'),
      text('set'),
      number('n'),
      number('right'),
      number('tokens'),
      number('unique'),
      number('median'),
      number('geometric'),
      number('arithmetic'),
      number('by token'),
      number('clipped'),
      number('top-1'),
      number('similarity'),
      ...(styled ? [number('median in style')] : []),
    ],
    rows: models.flatMap(({ facts: { id: model } }) =>
      sets.flatMap(({ id, correct, familiarity }) => {
        const summary = familiarity[model];
        if (!summary) return [];
        const row = [
          model,
          id,
          String(summary.n),
          share(correct.share),
          decimal(summary.meanTokens, 1),
          share(summary.uniqueTokenRatio),
          decimal(summary.median),
          decimal(summary.geometric),
          decimal(summary.arithmetic),
          decimal(summary.tokenWeighted),
          decimal(summary.clipped),
          share(summary.top1),
          share(summary.editSimilarity),
          ...(styled ? [decimal(summary.styledMedian ?? NaN)] : []),
        ];
        return [row];
      }),
    ),
  };
}

const meanAndDeviation = (value: number, deviation: number): string =>
  isMissing(deviation) ? share(value) : `${share(value)} ± ${share(deviation)}`;

function accuracyTable({ arms, models, experiment }: ExperimentReport): TextTable {
  const [strictName, flexibleName] = waysOf(experiment);
  const masked = experiment.training.maskPerplexity > 0;
  const n = models[0]!.strict.n;
  return {
    id: 'accuracy',
    title: 'Accuracy after training',
    caption: `${strictName === 'acc' ? 'acc' : 'Strict'}, on ${n} test questions: mean ± deviation over seeds, with a 95 % interval that resamples questions and seeds; each seed by itself; the change from the base model; and the change in NLL (nats per token) of the right final answer after the model’s own rationale, which moves before accuracy does.`,
    columns: [
      text('model'),
      text('set'),
      number('accuracy'),
      number('95 %'),
      number('seeds'),
      number(flexibleName),
      number('change'),
      number('95 %'),
      number('gold NLL'),
      ...(masked ? [number('not trained')] : []),
    ],
    rows: arms.map((arm) => [
      arm.model,
      arm.set,
      meanAndDeviation(arm.accuracy, arm.deviation),
      shareRange(arm.interval),
      arm.seeds.map(({ strict }) => share(strict.share)).join(' '),
      share(arm.flexible),
      signed(arm.accuracyChange.change),
      range(arm.accuracyChange.interval),
      arm.goldNllChange ? signed(arm.goldNllChange.change) : '–',
      ...(masked ? [share(arm.seeds[0]!.maskedShare)] : []),
    ]),
  };
}

function retentionTable({ arms, models }: ExperimentReport): TextTable {
  const changes = (change: PairedChange | undefined): string[] =>
    change
      ? [decimal(change.after), signed(change.change), range(change.interval)]
      : ['–', '–', '–'];
  return {
    id: 'retention',
    title: 'Other tasks after training',
    caption: `Tasks that were not trained on, ${models[0]!.retention.n} questions: strict accuracy and NLL of right answers (nats per token), and their change from the base model, paired by question, with 95 % intervals.`,
    columns: [
      text('model'),
      text('set'),
      number('accuracy'),
      number('change'),
      number('95 %'),
      number('NLL'),
      number('change'),
      number('95 %'),
    ],
    rows: arms.map((arm) => [
      arm.model,
      arm.set,
      share(arm.retention),
      signed(arm.retentionChange.change),
      range(arm.retentionChange.interval),
      ...changes(arm.retentionNllChange),
    ]),
  };
}

function driftTable({ arms }: ExperimentReport): TextTable {
  const texts = Object.keys(arms[0]!.textNllChange);
  const kl = (divergence: DivergenceSummary | undefined): string[] =>
    divergence ? [decimal(divergence.perToken), shareRange(divergence.interval)] : ['–', '–'];
  return {
    id: 'drift',
    title: 'Drift from the base model',
    caption:
      'KL(base ‖ tuned), nats per token over the whole vocabulary, at the positions of the base model’s own answers to questions of the new task and of the others: how far the model moved where it would have gone. Beside it the change in NLL (nats per token) of held-out general text. With 95 % intervals over answers.',
    columns: [
      text('model'),
      text('set'),
      number('KL, new task'),
      number('95 %'),
      number('KL, other tasks'),
      number('95 %'),
      ...texts.flatMap((name) => [number(`NLL of ${name}`), number('change'), number('95 %')]),
    ],
    rows: arms.map(({ model, set, divergence, textNllChange }) => [
      model,
      set,
      ...kl(divergence.test),
      ...kl(divergence.retention),
      ...texts.flatMap((name) => {
        const { after, change, interval } = textNllChange[name]!;
        return [decimal(after), signed(change), range(interval)];
      }),
    ]),
  };
}
