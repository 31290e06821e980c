/** H1 to H5, ranks and trends of a small experiment, against the numbers they are made of. */
import { describe, expect, it } from 'vitest';
import { makeReport } from '../../src/experiment/report/report.ts';
import { tablesOf } from '../../src/experiment/report/tables.ts';
import type { ExperimentInput } from '../../src/experiment/spec/schema.ts';
import { exampleReport, exampleEnvironment } from './example-report.ts';

const sets: ExperimentInput['sets'] = ['a', 'terse', 'detail', 'paraphrase', 'shuffled'].map(
  (writer) => ({ id: writer, kind: 'written', writer }),
);
const input: Partial<ExperimentInput> = {
  models: [{ id: 'm', dialect: 'a' }],
  crossOver: undefined,
  sets,
  roles: {
    human: 'terse',
    teacher: 'a',
    paraphrase: 'paraphrase',
    detail: 'detail',
    shuffled: 'shuffled',
  },
};
const nll = (_model: string, set: string) =>
  ({ a: 0.2, paraphrase: 0.6, detail: 1, terse: 1.4, shuffled: 3 })[set] ?? 1;
/** As familiar, so good. */
const skill = (_model: string, set: string | undefined) =>
  ({ a: 0.95, paraphrase: 0.75, detail: 0.5, terse: 0.3, shuffled: 0.05 })[set ?? ''] ?? 0.4;

describe('claims', () => {
  it('are supported when the familiar set teaches best, all corrected together', async () => {
    const { report } = await exampleReport(input, { nll, skill });
    const { hypotheses } = report;
    expect(hypotheses.map(({ id }) => id)).toEqual('H1 H2 H2b H3 H3b H4 H4 H4 H4'.split(' '));
    const of = (id: string) => hypotheses.find((hypothesis) => hypothesis.id === id)!;
    // Five questions, all of them more familiar in a: 1/32.
    expect(of('H1')).toMatchObject({ effect: 1, n: 5, p: 1 / 32 });
    expect(of('H2')).toMatchObject({ effect: 1, n: 5, unit: 'sets', p: 1 / 120 });
    expect(of('H2').remark).toContain('smallest p of 5 sets .0083');
    expect(of('H2b').verdict).toBe('supported');
    expect(of('H2b').effect).toBeCloseTo(
      report.arms.find(({ set }) => set === 'a')!.accuracy -
        report.arms.find(({ set }) => set === 'terse')!.accuracy,
      12,
    );
    const stated = hypotheses.filter(({ verdict }) => verdict !== undefined);
    expect(stated).toHaveLength(8);
    const smallest = stated.reduce((least, hypothesis) =>
      hypothesis.p < least.p ? hypothesis : least,
    );
    expect(smallest.pHolm).toBeCloseTo(8 * smallest.p, 12);
    const exploratory = hypotheses.at(-1)!;
    expect(exploratory.verdict).toBeUndefined();
    expect(exploratory.claim).toContain('differs');
    expect(exploratory.pHolm).toBeNaN();
  });

  it('are contradicted, not just unsupported, when it is the other way round', async () => {
    const against = (model: string, set: string | undefined) => 1 - skill(model, set);
    const { report } = await exampleReport(input, {
      nll: (model, set) => 3 - nll(model, set),
      skill: against,
    });
    const of = (id: string) => report.hypotheses.find((hypothesis) => hypothesis.id === id)!;
    expect(of('H2b').verdict).toBe('contradicted');
    expect(of('H1').effect).toBe(0);
    // Familiarity turned round as well: the more familiar set is again the better one.
    expect(of('H2').effect).toBe(1);
  });

  it('are only those whose sets are there', async () => {
    const { report } = await exampleReport({ ...input, roles: { human: 'terse' } }, { nll, skill });
    expect(report.hypotheses.map(({ id }) => id)).toEqual(['H2', 'H3']);
    const two = await exampleReport();
    expect(two.report.hypotheses.filter(({ id }) => id === 'H5')).toHaveLength(3);
    expect(two.report.hypotheses.at(-3)!.verdict).toBe(two.report.crossOver!.familiarity.verdict);
  });
});

describe('ranks', () => {
  it('show length beside familiarity, each with the other and correctness held fixed', async () => {
    const { report } = await exampleReport(input, { nll, skill });
    const [accuracy] = report.ranks;
    expect(accuracy!.familiarity.rho).toBe(1);
    expect(accuracy!.length.n).toBe(5);
    // Familiarity orders the outcome fully, so nothing is left of length.
    expect(accuracy!.partial.familiarity.other).toBeCloseTo(1, 9);
    expect(accuracy!.partial.length.other).toBeUndefined();
    // Written sets are all right: correctness does not vary and cannot be held fixed.
    expect(accuracy!.partial.familiarity.otherAndCorrectness).toBeUndefined();
    const table = tablesOf(report).find(({ id }) => id === 'ranks')!;
    expect(table.rows).toHaveLength(4);
    expect(table.rows[0]!.slice(-2)).toEqual(['+1.00', 'not defined']);
    expect(table.rows[1]!.slice(-2)).toEqual(['not defined', 'not defined']);
  });
});

describe('trends', () => {
  it('take seeds as blocks and the familiarity before training as the order', async () => {
    const { report, results, task } = await exampleReport(input, { nll, skill });
    const trend = report.trends.find(({ outcome }) => outcome === 'accuracy')!;
    expect(trend.order).toEqual(['shuffled', 'terse', 'detail', 'paraphrase', 'a']);
    const places = (seed: number) => {
      const share = (set: string) =>
        report.arms.find((arm) => arm.set === set)!.seeds.find((run) => run.seed === seed)!.strict
          .share;
      const sorted = [...trend.order].sort((a, b) => share(a) - share(b));
      return trend.order.reduce((sum, set, k) => sum + (k + 1) * (sorted.indexOf(set) + 1), 0);
    };
    expect(trend.L).toBe(places(1) + places(2));
    expect(trend).toMatchObject({ seeds: 2, exact: true, smallestP: 1 / 120 ** 2 });
    // With the runs of the second seed missing, the first alone is the block.
    const early = results.filter((result) => !(result.kind === 'run' && result.seed === 2));
    const partial = makeReport(report.experiment, task, early, exampleEnvironment);
    expect(partial.trends[0]).toMatchObject({ seeds: 1, L: places(1) });
  });

  it('are missing where an outcome was not measured', async () => {
    const { report } = await exampleReport(
      {
        ...input,
        task: { kind: 'world', trainQuestions: 5, testQuestions: 30, retentionQuestions: 0 },
      },
      { nll, skill },
    );
    expect(report.trends.map(({ outcome }) => outcome)).toEqual(['accuracy']);
    expect(report.ranks.map(({ outcome }) => outcome)).toEqual(['accuracy']);
  });
});

it('stand in the same tables when a report is read back, where JSON has no NaN', async () => {
  // One seed has no deviation, what is exploratory no corrected p, equal outcomes no ρ.
  const { report } = await exampleReport({ ...input, seeds: [1] }, { nll, skill: () => 1 });
  expect(report.arms[0]!.deviation).toBeNaN();
  expect(report.ranks[0]!.familiarity.rho).toBeNaN();
  const back = JSON.parse(JSON.stringify(report)) as typeof report;
  expect(back.arms[0]!.deviation).toBeNull();
  expect(tablesOf(back)).toEqual(tablesOf(report));
});
