/**
 * The ladder of engines: the best one that works here, and in plain words why no better one was
 * taken. Starting and checking are given as functions, so this knows no engine.
 */
import { GpuUnavailableError, IdiolectError } from '../errors.ts';
import { LADDER, type EngineName, type EngineReport } from './config.ts';

export interface EngineProbe {
  /**
   * Starts the engine and makes it current.
   * @param named whether a person named this engine: a software WebGPU adapter runs only then
   * @throws when it cannot start here, with a plain sentence
   */
  start(named: boolean): Promise<EngineReport>;
  /** Throws when the started engine computes something wrong. */
  check?(): Promise<void>;
}

export interface LadderOptions {
  /** `auto` or absent: the best that works. */
  preferred?: EngineName | 'auto';
  /** Rungs not to try again, with the reason why. */
  avoid?: Partial<Record<EngineName, string>>;
  probes: Readonly<Record<EngineName, EngineProbe>>;
}

/**
 * @throws GpuUnavailableError saying why the preferred engine does not start, or listing all reasons
 *   when none does
 */
export async function chooseEngine({
  preferred,
  avoid = {},
  probes,
}: LadderOptions): Promise<EngineReport> {
  if (preferred !== undefined && preferred !== 'auto') {
    const report = await startAndCheck(probes[preferred], true).catch((error: unknown) => {
      const advice = 'Choose another engine, or let the best one that works be found.';
      throw new GpuUnavailableError(`${reasonOf(preferred, error)} ${advice}`, [], {
        cause: error,
      });
    });
    return { ...report, reasons: ['You chose this engine.', ...report.reasons] };
  }
  const reasons: string[] = [];
  for (const name of LADDER) {
    const known = avoid[name];
    if (known !== undefined) {
      reasons.push(known);
      continue;
    }
    try {
      const report = await startAndCheck(probes[name], false);
      return { ...report, reasons: [...reasons, ...report.reasons] };
    } catch (error) {
      reasons.push(reasonOf(name, error));
    }
  }
  throw new GpuUnavailableError('No engine starts in this browser.', reasons);
}

async function startAndCheck(probe: EngineProbe, named: boolean): Promise<EngineReport> {
  const report = await probe.start(named);
  await probe.check?.();
  return report;
}

function reasonOf(name: EngineName, error: unknown): string {
  if (error instanceof IdiolectError) return error.message;
  const words = { webgpu: 'WebGPU', wasm: 'The CPU engine', cpu: 'Plain JavaScript' }[name];
  return `${words} failed: ${error instanceof Error ? error.message : String(error)}`;
}
