/** The graphics processor goes away in the middle of the work, for real: its device is destroyed. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tfjsWebGpu } from '../../src/engine/webgpu/tfjs-stream.ts';
import { GpuLostError } from '../../src/errors.ts';
import { familiarityFields } from '../../src/familiarity/config.ts';
import { defaultsOf } from '../../src/fields.ts';
import { loraFields } from '../../src/lora/config.ts';
import { trainingFields } from '../../src/train/config.ts';
import type { MeasureRequest, TrainEvent, TrainRequest } from '../../workers/protocol.ts';
import { TrainerService } from '../../workers/trainer-service.ts';
import { forgetWebGpu } from '../support/webgpu.ts';

const set = {
  id: 'tiny',
  name: 'tiny',
  rows: Array.from({ length: 4 }, (_, i) => ({
    id: `r${i}`,
    question: `What is ${i}?`,
    response: `It is ${i}.`,
  })),
};
const prompt = { useChatTemplate: false, plainTemplate: '{question} ' };

const trainRequest = (runId: string): TrainRequest => ({
  runId,
  set,
  prompt,
  encoding: 'separate',
  lora: { ...defaultsOf(loraFields), rank: 2 },
  training: {
    ...defaultsOf(trainingFields),
    steps: 4,
    batchSize: 1,
    evaluateEvery: 2,
    logEvery: 1,
    validationShare: 0.25,
    maxLength: 32,
  },
  resume: false,
});

const trainer = new TrainerService();
const quiet = () => Promise.resolve();

beforeAll(async () => {
  const engine = await trainer.startEngine('webgpu');
  expect(engine.reasons).toContain('You chose this engine.');
  const source = { kind: 'embedded', id: 'idiolect-a', baseUrl: '/models' } as const;
  await trainer.openModel(source, 'as-stored', quiet);
}, 120_000);

afterAll(async () => {
  await trainer.deleteRun('whole');
  await trainer.deleteRun('broken');
  forgetWebGpu();
});

async function trained(runId: string, at: (event: TrainEvent) => void = () => undefined) {
  const events: TrainEvent[] = [];
  const summary = await trainer.train(trainRequest(runId), (event) => {
    events.push(event);
    at(event);
    return Promise.resolve();
  });
  const steps = events.flatMap((event) => (event.kind === 'step' ? [event.report.step] : []));
  const notices = events.flatMap((event) => (event.kind === 'notice' ? [event.notice.text] : []));
  return { summary, steps, notices };
}

it('training goes on from the last checkpoint and ends with the same numbers', async () => {
  const whole = await trained('whole');
  let lost = false;
  const broken = await trained('broken', (event) => {
    if (lost || event.kind !== 'step' || event.report.step !== 3) return;
    lost = true;
    tfjsWebGpu().device.destroy();
  });
  expect(whole.steps).toEqual([0, 1, 2, 3, 4]);
  expect(broken.steps).toEqual([0, 1, 2, 3, 3, 4]);
  expect(broken.notices.join()).toContain('goes on from step 2');
  expect(broken.summary).toMatchObject({ outcome: 'finished', step: 4, engine: 'webgpu' });
  expect(broken.summary.validationAfter).toBe(whole.summary.validationAfter);
});

it('a measurement fails in plain words and can be made again', async () => {
  const request: MeasureRequest = {
    sets: [set],
    prompt,
    familiarity: defaultsOf(familiarityFields),
  };
  const before = await trainer.measure(request, quiet);
  const device = tfjsWebGpu().device;
  device.destroy();
  const failed = trainer.measure(request, quiet);
  await expect(failed).rejects.toBeInstanceOf(GpuLostError);
  await expect(failed).rejects.toThrow('Try once more');
  expect(tfjsWebGpu().device).not.toBe(device);
  const again = await trainer.measure(request, quiet);
  expect(again.map(({ rows }) => rows)).toEqual(before.map(({ rows }) => rows));
});
