/**
 * Adapters that once gave wrong numbers or a stack, on the embedded model: Σ NLL of two answers in nats, computed
 * by PEFT 0.21 in float32.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { readPeftAdapter } from '../../src/exchange/peft-read.ts';
import { adapterFromValues } from '../../src/lora/adapter.ts';
import { bytesSource, type ByteSource } from '../../src/storage/byte-source.ts';
import { answerNll, changedModel } from '../support/answer-nll.ts';
import { startEngine } from '../support/engines.ts';
import { exportedFiles } from '../support/exported-adapters.ts';
import { fixtureBytes } from '../support/fixtures.ts';

beforeAll(() => startEngine('wasm'));

async function caseFiles(name: string): Promise<Map<string, ByteSource>> {
  const files = ['adapter_config.json', 'adapter_model.safetensors'].map(
    async (file) =>
      [file, bytesSource(file, await fixtureBytes(`cases/adapters/${name}/${file}`))] as const,
  );
  return new Map(await Promise.all(files));
}

describe('an adapter of the cases', () => {
  it.each([
    ['pissa', 62.195, 92.114],
    ['modules-to-save-norm', 91.578, 100.193],
    ['rank-pattern-caret', 89.082, 101.661],
    ['rslora-alpha0', 126.926, 100.345],
  ])('%s computes what PEFT computes, and after a way out and in', async (name, first, second) => {
    const model = await changedModel();
    const read = await readPeftAdapter(await caseFiles(name), model);
    const adapter = adapterFromValues(model, read.settings, read.values, read.saved);
    const sums = await answerNll(model, adapter);
    expect(sums[0]).toBeCloseTo(first, 2);
    expect(sums[1]).toBeCloseTo(second, 2);

    const written = await exportedFiles(model, adapter);
    const again = await readPeftAdapter(
      new Map(written.map(({ name: file, bytes }) => [file, bytesSource(file, bytes)])),
      model,
    );
    const back = adapterFromValues(model, again.settings, again.values, again.saved);
    expect(await answerNll(model, back)).toEqual(sums);
    for (const each of [adapter, back, model]) each.dispose();
  });
});
