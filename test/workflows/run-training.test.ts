/** The driver of the training loop: reports in order, checkpoints on the way. */
import { beforeAll, expect, it } from 'vitest';
import type { LanguageModel } from '../../models/language-model.ts';
import type { StepReport } from '../../src/metrics/step-report.ts';
import { runTraining } from '../../src/workflows/train/run-training.ts';
import { startEngine } from '../support/engines.ts';
import { tinyModel, tinyRun } from '../support/tiny-training.ts';
import { quietHost } from '../support/training.ts';

let model: LanguageModel;

beforeAll(async () => {
  await startEngine('wasm');
  model = await tinyModel();
  return () => model.dispose();
});

it('begins once, before the first report, and goes on from a checkpoint', async () => {
  const settings = { steps: 4, evaluateEvery: 2 };
  const seen: string[] = [];
  const environment = (host: ReturnType<typeof quietHost>) => ({
    host,
    checkpoints: host,
    begun: () => Promise.resolve(void seen.push('begun')),
    report: ({ step }: StepReport) => Promise.resolve(void seen.push(String(step))),
  });
  const stopped = quietHost({ stopRequested: () => seen.includes('2') });
  const first = tinyRun(model, settings);
  expect((await runTraining(first.job, environment(stopped))).outcome).toBe('stopped');
  expect(seen).toEqual(['begun', '0', '1', '2']);
  seen.length = 0;
  const second = tinyRun(model, settings);
  const result = await runTraining(second.job, {
    ...environment(quietHost()),
    resumeFrom: stopped.checkpoints.at(-1),
  });
  expect(result.outcome).toBe('finished');
  expect(seen).toEqual(['begun', '3', '4']);
  first.adapter.dispose();
  second.adapter.dispose();
});

it('keeps what was reported in the checkpoint, and goes on past one that cannot be written', async () => {
  const settings = { steps: 6, evaluateEvery: 2 };
  const seen: number[] = [];
  const notices: string[] = [];
  let attempts = 0;
  const host = quietHost();
  const run = tinyRun(model, settings);
  const { outcome } = await runTraining(run.job, {
    host,
    checkpoints: {
      everySeconds: Infinity,
      save: (checkpoint) => {
        attempts++;
        if (attempts === 2 || attempts === 3) return Promise.reject(new Error('The disk is full.'));
        return host.save(checkpoint);
      },
    },
    notice: ({ text }) => Promise.resolve(void notices.push(text)),
    report: ({ step }) => Promise.resolve(void seen.push(step)),
  });
  expect(outcome).toBe('finished');
  expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(attempts).toBeGreaterThanOrEqual(4);
  // Said once, though two in a row failed.
  expect(notices).toHaveLength(1);
  // The first checkpoint was written, the second and third were not.
  expect(notices[0]).toMatch(/cannot be written[^]*go on from step 0\.[^]*The disk is full\./);
  for (const { progress, history } of host.checkpoints) {
    expect(history.reports.map(({ step }) => step)).toEqual(
      seen.slice(0, progress.reportedStep + 1),
    );
  }
  run.adapter.dispose();
});
