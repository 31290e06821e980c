/** The engine ladder in the browser, with its private folder for small notes. */
import type { EngineName, EngineReport } from '../src/engine/config.ts';
import type { LadderOptions } from '../src/engine/ladder.ts';
import { startEngine as startAnyEngine } from '../src/workflows/open/start-engine.ts';
import { opfsNotes } from '../src/storage/notes.ts';

/** @throws GpuUnavailableError when a named engine cannot start; `auto` always finds one */
export function startEngine(
  preferred: EngineName | 'auto',
  avoid: NonNullable<LadderOptions['avoid']> = {},
): Promise<EngineReport> {
  return startAnyEngine({
    preferred,
    avoid,
    variants: opfsNotes('engine'),
  });
}
