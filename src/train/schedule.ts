/** Learning rate by step, with transformers' formulas; steps count from 0. */
import type { TrainingSettings } from './config.ts';

/** Warm-up steps of a run: the share rounded up, as transformers does. */
export function warmupSteps({ steps, warmup }: Pick<TrainingSettings, 'steps' | 'warmup'>): number {
  return Math.ceil(steps * warmup);
}

/** First step of the linear decay of `warmup_stable_decay`: half of the run. */
export function decayStart(steps: number): number {
  return Math.ceil(steps / 2);
}

/** The learning rate used in step `step`; 0 in the very first one when there is a warm-up. */
export function learningRateAt(
  settings: Pick<TrainingSettings, 'steps' | 'warmup' | 'schedule' | 'learningRate'>,
  step: number,
): number {
  const { steps, schedule, learningRate } = settings;
  const warm = warmupSteps(settings);
  if (step < warm) return (learningRate * step) / Math.max(1, warm);
  if (schedule === 'constant') return learningRate;
  if (schedule === 'warmup_stable_decay') {
    return learningRate * Math.min(1, (steps - step) / Math.max(1, steps - decayStart(steps)));
  }
  const left = Math.max(1, steps - warm);
  if (schedule === 'linear') return learningRate * Math.max(0, (steps - step) / left);
  return learningRate * Math.max(0, 0.5 * (1 + Math.cos((Math.PI * (step - warm)) / left)));
}
