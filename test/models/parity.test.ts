import '@tensorflow/tfjs-backend-cpu';
import { memory, setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { startWasmEngine } from '../../src/engine/wasm/engine.ts';
import { registerOps } from '../../src/ops/register.ts';
import { parityErrors, variants } from './parity.ts';

// Relative to the largest value; float32 sums in another order differ by about 1e-6.
const TOLERANCE = 1e-4;
// AdamW divides by small numbers in its first steps, which magnifies rounding.
const TEN_STEPS_TOLERANCE = 1e-3;

describe.each(['cpu', 'wasm'])('%s engine against transformers and PEFT', (engine) => {
  beforeAll(async () => {
    if (engine === 'wasm') {
      await startWasmEngine({ threads: 2 });
      registerOps('wasm');
    } else {
      await setBackend('cpu');
      registerOps('cpu');
    }
  });

  it.each(variants)('%s', async (variant) => {
    const before = memory().numTensors;
    const errors = await parityErrors(variant, 'as-stored');
    console.log('parity', engine, variant, JSON.stringify(errors));
    expect(errors.logits).toBeLessThan(TOLERANCE);
    expect(errors.loss).toBeLessThan(TOLERANCE);
    expect(errors.gradients).toBeLessThan(TOLERANCE);
    expect(errors.tenLosses).toBeLessThan(TEN_STEPS_TOLERANCE);
    expect(errors.gradientNorms).toBeLessThan(TEN_STEPS_TOLERANCE);
    expect(memory().numTensors).toBe(before);
  });
});
