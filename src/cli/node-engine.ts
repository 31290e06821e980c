/** The engine of the commands: the best one that works here, or the one asked for. */
import { join } from 'node:path';
import type { EngineName, EngineReport } from '../engine/config.ts';
import { startEngine } from '../workflows/open/start-engine.ts';
import { diskNotes } from '../storage/disk-notes.ts';
import { cacheFolder } from './cache-folder.ts';
import { provideNodeGpu } from './node-gpu.ts';

/**
 * Starts an engine; why it is this one goes to stderr, unless it was chosen by name.
 * @throws GpuUnavailableError when the named engine does not start, saying what to do
 */
export async function startNodeEngine(
  preferred: EngineName | 'auto',
  threads: number | undefined,
): Promise<EngineReport> {
  const report = await startEngine({
    preferred,
    threads,
    provideGpu: provideNodeGpu,
    variants: diskNotes(join(cacheFolder(), 'engine')),
  });
  const reasons = report.reasons.filter((_, i) => preferred === 'auto' || i > 0);
  if (reasons.length > 0) {
    process.stderr.write(`${report.name} (${report.device}). ${reasons.join(' ')}\n`);
  }
  return report;
}
