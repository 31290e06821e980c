/**
 * A run that ends at any of its messages to the page, as when the tab is closed, and goes on: every point
 * of the curve once and in order, the same held-out answers, the same adapter to the byte.
 */
import { beforeAll, expect, it } from 'vitest';
import { checkFields } from '../../src/evaluate/config.ts';
import { GpuLostError } from '../../src/errors.ts';
import { defaultsOf } from '../../src/fields.ts';
import { loraFields } from '../../src/lora/config.ts';
import { trainingFields } from '../../src/train/config.ts';
import type { HeldOutCheck, TrainEvent, TrainRequest } from '../../workers/protocol.ts';
import { TrainerService } from '../../workers/trainer-service.ts';
import { openEmbedded } from '../support/open-embedded.ts';

const trainer = new TrainerService();
const STEPS = 6;

beforeAll(() => openEmbedded(trainer, 'idiolect-a'));

const request = (runId: string): TrainRequest => ({
  runId,
  set: {
    id: 'sums',
    name: 'Sums',
    rows: Array.from({ length: 8 }, (_, i) => ({
      id: `r${i}`,
      question: `Zoe has ${i + 2} apples. How many apples does Zoe have?`,
      response: `Zoe has ${i + 2} apples. Answer: ${i + 2}`,
      gold: String(i + 2),
    })),
  },
  prompt: { useChatTemplate: true, plainTemplate: '{question}\n' },
  encoding: 'separate',
  lora: { ...defaultsOf(loraFields), rank: 2, dropout: 0.1 },
  training: {
    ...defaultsOf(trainingFields),
    ...{ steps: STEPS, batchSize: 2, validationShare: 0.25, maxLength: 64 },
    ...{ evaluateEvery: 2, logEvery: 1 },
  },
  checks: { ...defaultsOf(checkFields), heldOutQuestions: 2, longestAnswer: 8 },
  resume: false,
});

/** The page's side: a log that follows what it is told. */
class Page {
  steps: [step: number, loss: number, validationLoss: number | undefined][] = [];
  checks: HeldOutCheck[] = [];
  events = 0;
  readonly #closesAt: number;

  constructor(closesAt = Infinity) {
    this.#closesAt = closesAt;
  }

  readonly hear = (event: TrainEvent): Promise<void> => {
    if (++this.events > this.#closesAt) return Promise.reject(new Error('The tab is closed.'));
    if (event.kind === 'begun') {
      this.steps = event.history.reports.map(({ step, loss, validationLoss }) => [
        ...([step, loss, validationLoss] as const),
      ]);
      this.checks = [...event.history.checks];
    }
    if (event.kind === 'check') this.checks.push(event.check);
    if (event.kind === 'step') {
      const { step, loss, validationLoss } = event.report;
      this.steps.push([step, loss, validationLoss]);
    }
    return Promise.resolve();
  };
}

const adapterOf = async (id: string) => {
  const files = await trainer.exportAdapter(id);
  return files.find(({ name }) => name === 'adapter_model.safetensors')!.bytes;
};

it('ends the same from every message on, also when it is closed twice', async () => {
  const whole = new Page();
  await trainer.train(request('whole'), whole.hear);
  expect(whole.steps.map(([step]) => step)).toEqual([...Array(STEPS + 1).keys()]);
  expect(whole.checks.length).toBeGreaterThan(3);
  const weights = await adapterOf('whole');
  let interrupted = 0;
  for (let at = 1; at < whole.events; at++) {
    const id = `closed-${at}`;
    const closed = trainer.train(request(id), new Page(at).hear);
    // A checkpoint's message alone is not needed by anyone: that run ends as if nothing had been.
    await closed.then(
      () => undefined,
      () => interrupted++,
    );
    const again = new Page(at % 3 === 0 ? 4 : Infinity);
    await trainer.train({ ...request(id), resume: true }, again.hear).catch(() => interrupted++);
    const last = new Page();
    await trainer.train({ ...request(id), resume: true }, last.hear);
    expect(last.steps, `closed at message ${at}`).toEqual(whole.steps);
    expect(last.checks, `closed at message ${at}`).toEqual(whole.checks);
    expect(Buffer.compare(await adapterOf(id), weights)).toBe(0);
  }
  expect(interrupted).toBeGreaterThan(whole.events);
}, 120_000);

it('a device that is lost twice leaves the curve whole and the weights the same', async () => {
  const whole = new Page();
  await trainer.train(request('unbroken'), whole.hear);
  const page = new Page();
  const notices: string[] = [];
  let losses = 0;
  const summary = await trainer.train(request('lost-twice'), async (event) => {
    if (event.kind === 'notice') notices.push(event.notice.text);
    await page.hear(event);
    // After the points of steps 3 and 5, of which no checkpoint knows.
    if (event.kind === 'step' && event.report.step === 3 + 2 * losses && losses < 2) {
      losses++;
      throw new GpuLostError('The graphics processor was lost.');
    }
  });
  expect(losses).toBe(2);
  expect(summary).toMatchObject({ outcome: 'finished', step: STEPS, engine: 'wasm' });
  expect(page.steps).toEqual(whole.steps);
  expect(page.checks).toEqual(whole.checks);
  expect(notices.filter((text) => text.includes('Nothing was lost but time'))).toHaveLength(2);
  // Only now: starting the engine again takes what was trained before with it.
  const lost = await adapterOf('lost-twice');
  await trainer.loadRun(request('unbroken'));
  expect(Buffer.compare(lost, await adapterOf('unbroken'))).toBe(0);
}, 60_000);
