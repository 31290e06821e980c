/**
 * The ladder of engines: the best one that works here, and in plain words why no better one was
 * taken. Starting and checking are given as functions, so this knows no engine.
 */
import { GpuUnavailableError, IdiolectError } from '../errors.ts';
import type { EngineName, EngineReport } from './config.ts';

/** Best first. */
export const LADDER: readonly EngineName[] = ['webgpu', 'wasm', 'cpu'];

export interface EngineProbe {
  /**
   * Starts the engine and makes it current.
   * @param asked whether a person named this engine: a software WebGPU adapter runs only then
   * @throws when it cannot start here, with a plain sentence
   */
  start(asked: boolean): Promise<EngineReport>;
  /** Throws when the started engine computes something wrong. */
  check?(): Promise<void>;
}

export interface EngineChoice {
  /** `auto` or absent: the best that works. */
  preferred?: EngineName | 'auto';
  probes: Readonly<Record<EngineName, EngineProbe>>;
}

/**
 * @throws what the preferred engine threw; GpuUnavailableError listing all reasons when no engine
 *   starts
 */
export async function chooseEngine({ preferred, probes }: EngineChoice): Promise<EngineReport> {
  if (preferred !== undefined && preferred !== 'auto') {
    const report = await startAndCheck(probes[preferred], true);
    return { ...report, reasons: ['You chose this engine.', ...report.reasons] };
  }
  const reasons: string[] = [];
  for (const name of LADDER) {
    try {
      const report = await startAndCheck(probes[name], false);
      return { ...report, reasons: [...reasons, ...report.reasons] };
    } catch (error) {
      reasons.push(reasonOf(name, error));
    }
  }
  throw new GpuUnavailableError('No engine starts in this browser.', reasons);
}

async function startAndCheck(probe: EngineProbe, asked: boolean): Promise<EngineReport> {
  const report = await probe.start(asked);
  await probe.check?.();
  return report;
}

function reasonOf(name: EngineName, error: unknown): string {
  if (error instanceof IdiolectError) return error.message;
  const words = { webgpu: 'WebGPU', wasm: 'The CPU engine', cpu: 'Plain JavaScript' }[name];
  return `${words} failed: ${error instanceof Error ? error.message : String(error)}`;
}
