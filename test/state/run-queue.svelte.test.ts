import { flushSync } from 'svelte';
import { beforeEach, expect, test } from 'vitest';
import {
  GpuUnavailableError,
  OutOfMemoryError,
  StoppedError,
  TrainingDivergedError,
} from '../../src/errors.ts';
import type { AppState } from '../../src/state/app-state.svelte.ts';
import type { TrainerApi, TrainRequest } from '../../workers/protocol.ts';
import { fakeTrainer, type FakeOptions } from '../support/fake-trainer.ts';
import { tinyApp } from '../support/tiny-app.ts';

/** A lab whose trainer is the fake one with some of its calls replaced. */
async function appWith(
  replaced: (api: TrainerApi) => Partial<TrainerApi> = () => ({}),
  options: FakeOptions = {},
): Promise<AppState> {
  const usual = fakeTrainer(options);
  const api = { ...usual, ...replaced(usual) };
  const app = tinyApp({
    connect: () => ({ api, onfailure: () => undefined, terminate: () => undefined }),
  });
  await Promise.all([app.answers.loadExamples(), app.model.open()]);
  Object.assign(app.training.training, { steps: 4 });
  return app;
}

let app: AppState;
beforeEach(async () => {
  app = await appWith();
});
const states = (of: AppState) => of.training.queue.places.map(({ state }) => state);

test('sets × seeds are trained one after another, each to its end', async () => {
  const { training, runs } = app;
  training.chosen = ['plain', 'wordy'];
  training.repeats = 2;
  expect(training.order.runs).toBe(4);
  await training.start();
  const made = runs.list.map(({ record }) => [record.setId, record.settings.training.seed]);
  const { seed } = training.training;
  expect(made).toEqual([
    ['plain', seed],
    ['wordy', seed],
    ['plain', seed + 1],
    ['wordy', seed + 1],
  ]);
  expect(states(app)).toEqual(['finished', 'finished', 'finished', 'finished']);
  for (const run of runs.list) {
    expect(run.status).toEqual({ kind: 'finished' });
    expect(run.outcome.step).toBe(4);
    expect(run.outcome.after).toBeLessThan(run.outcome.before);
  }
  expect(runs.latest).toHaveLength(4);
});

test('the queue shows which run learns and which waits', async () => {
  const seen = new Set<string>();
  const end = $effect.root(() => {
    $effect(() => {
      seen.add(states(app).join(' '));
    });
  });
  app.training.chosen = ['plain', 'wordy'];
  const started = app.training.start();
  while (app.training.queue.job.running) {
    flushSync();
    await Promise.resolve();
  }
  await started;
  flushSync();
  end();
  expect(seen).toContain('training waiting');
  expect(seen).toContain('finished training');
  expect(seen).toContain('finished finished');
});

test('a stop ends the queue; going on finishes the run and then the rest', async () => {
  const requests: TrainRequest[] = [];
  app = await appWith((usual) => ({
    train: (request, report) => {
      requests.push(request);
      return usual.train(request, async (event) => {
        const first = requests.length === 1;
        if (first && event.kind === 'step' && event.report.step === 2) await queue.job.stop();
        await report(event);
      });
    },
  }));
  const { training, runs } = app;
  const { queue } = training;
  training.chosen = ['plain', 'wordy'];
  await training.start();
  expect(states(app)).toEqual(['stopped', 'waiting']);
  const [run] = runs.list;
  expect(run!.status.kind).toBe('stopped');
  expect(queue.leftAfter(run!)).toBe(1);
  await queue.resume(run!);
  expect(requests.map(({ resume }) => resume)).toEqual([false, true, false]);
  expect(runs.list.map(({ status }) => status.kind)).toEqual(['finished', 'finished']);
  expect(run!.resumedAt).toEqual([2]);
});

test('a stop asked while a run is still being prepared trains nothing', async () => {
  let trained = 0;
  app = await appWith((usual) => ({
    planTraining: async (request) => {
      await app.training.queue.job.stop();
      return usual.planTraining(request);
    },
    train: (request, report) => {
      trained++;
      return usual.train(request, report);
    },
  }));
  await app.training.start();
  expect(trained).toBe(0);
  expect(app.runs.list).toEqual([]);
  expect(states(app)).toEqual(['stopped']);
});

test('a stop that the worker answers by an error is a stop, not a failure', async () => {
  app = await appWith(() => ({ train: () => Promise.reject(new StoppedError('Stopped.')) }));
  await app.training.start();
  expect(app.training.queue.job.error).toBeUndefined();
  expect(app.runs.list[0]!.status.kind).toBe('stopped');
});

test('a divergence is kept with its step, and ends the queue', async () => {
  app = await appWith(() => ({
    train: () => Promise.reject(new TrainingDivergedError('The loss is NaN.', 3, 1, ['Step 2.'])),
  }));
  app.training.chosen = ['plain', 'wordy'];
  await app.training.start();
  expect(states(app)).toEqual(['failed', 'waiting']);
  expect(app.training.queue.job.error).toBeInstanceOf(TrainingDivergedError);
  const [run] = app.runs.list;
  expect(run!.divergedAt).toBe(3);
  expect(run!.record.failure).toMatchObject({ name: 'TrainingDivergedError', step: 3 });
});

test('after a lost engine the model is opened again and the run goes on', async () => {
  let engines = 0;
  let trainings = 0;
  app = await appWith((usual) => ({
    startEngine: (preferred) => {
      engines++;
      return usual.startEngine(preferred);
    },
    train: (request, report) => {
      trainings++;
      const lost = new GpuUnavailableError('The device was lost.');
      return trainings === 1 ? Promise.reject(lost) : usual.train(request, report);
    },
  }));
  await app.training.start();
  expect(app.training.queue.job.error).toBeInstanceOf(GpuUnavailableError);
  await app.training.queue.recover();
  expect(engines).toBe(2);
  expect(app.training.queue.job.error).toBeUndefined();
  expect(app.runs.list.map(({ status }) => status.kind)).toEqual(['finished']);
});

test('what does not fit is said before it starts, and keeps it from starting', async () => {
  app = await appWith((usual) => ({
    planTraining: async (request) => ({
      ...(await usual.planTraining(request)),
      problems: ['This will not fit: about 9 GB are needed, 4 GB are there.'],
    }),
  }));
  await app.training.askPlan();
  expect(app.training.canStart).toBe(false);
  expect(app.training.seconds).toBeUndefined();
  await app.training.start();
  expect(app.runs.list).toEqual([]);
});

test('a plan that fails says why and does not stand in the way', async () => {
  app = await appWith(() => ({
    planTraining: () => Promise.reject(new OutOfMemoryError('Too large.')),
  }));
  await app.training.askPlan();
  expect(app.training.planError).toBeInstanceOf(OutOfMemoryError);
  expect(app.training.canStart).toBe(true);
});

test('time left counts the runs that are still to come', async () => {
  const left: number[] = [];
  const { queue } = app.training;
  app.training.chosen = ['plain', 'wordy'];
  const end = $effect.root(() => {
    $effect(() => {
      const seconds = queue.job.report?.secondsLeft;
      if (seconds !== undefined) left.push(seconds);
    });
  });
  const started = app.training.start();
  while (queue.job.running) {
    flushSync();
    await Promise.resolve();
  }
  await started;
  end();
  // The fake trainer takes 0.31 s a step: two runs of four.
  expect(left[0]).toBeCloseTo(8 * 0.31);
  expect(left).toEqual(left.toSorted((a, b) => b - a));
});

test('a run of another model cannot go on here', async () => {
  app = await appWith(() => ({ train: () => Promise.reject(new StoppedError('Stopped.')) }));
  await app.training.start();
  const [run] = app.runs.list;
  app.model.summary = { ...app.model.summary!, id: 'another' };
  await app.training.queue.resume(run!);
  expect(app.training.queue.job.error?.message).toMatch(/open that model first/);
});
