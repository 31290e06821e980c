/** The engine of the commands: the best one that works here, or the one asked for. */
import { join } from 'node:path';
import { LADDER, type EngineReport } from '../engine/config.ts';
import { UsageError } from '../errors.ts';
import { startEngine } from '../workflows/open/start-engine.ts';
import { diskNotes } from '../storage/disk-notes.ts';
import { cacheFolder } from './cache-folder.ts';
import { provideNodeGpu } from './node-gpu.ts';

/**
 * Starts an engine; why it is this one goes to stderr, unless it was chosen by name.
 * @param wish auto, or an engine's name
 * @throws UsageError for an unknown engine or a number of threads that is none
 * @throws GpuUnavailableError when the named engine does not start, saying what to do
 */
export async function startNodeEngine(
  wish: string,
  threads: string | undefined,
): Promise<EngineReport> {
  const preferred = (['auto', ...LADDER] as const).find((name) => name === wish);
  if (preferred === undefined) {
    throw new UsageError(`--engine: expected ${['auto', ...LADDER].join(' or ')}, got ${wish}.`);
  }
  const count = threads === undefined ? undefined : Number(threads);
  if (count !== undefined && !(Number.isInteger(count) && count >= 1)) {
    throw new UsageError(`--threads: expected a whole number from 1, got ${threads}.`);
  }
  const report = await startEngine({
    preferred,
    threads: count,
    provideGpu: provideNodeGpu,
    variants: diskNotes(join(cacheFolder(), 'engine')),
  });
  const reasons = report.reasons.filter((_, i) => preferred === 'auto' || i > 0);
  if (reasons.length > 0) {
    process.stderr.write(`${report.name} (${report.device}). ${reasons.join(' ')}\n`);
  }
  return report;
}
