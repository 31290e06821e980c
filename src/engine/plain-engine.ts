/** tfjs's plain JavaScript backend as a rung of the ladder: slow, exact, everywhere. */
import type { EngineReport } from './config.ts';

export function plainEngineReport(reasons: string[]): EngineReport {
  return {
    name: 'cpu',
    device: 'plain JavaScript, one thread',
    reasons,
    maxTensorBytes: 2 ** 31 - 1,
    memoryBytes: 2 * 2 ** 30,
    threads: 1,
    features: [],
  };
}
