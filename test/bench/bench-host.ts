/** Runs one contender where it stands: in a worker of the bench's page, or in a Node process. */
import { CannotRun, type Contender, type Engine, type Host, type Place } from './contender.ts';
import { countGpu } from './gpu-counts.ts';
import { slope } from './statistics.ts';

/** Milliseconds after which a contender counts as warm. */
const LONG_WARM_UP = 5000;
/** Steps of a soak until pools have seen every length. */
const SETTLED = 50;

const loaders: Record<string, () => Promise<Contender>> = {
  idiolect: async () => (await import('./contenders/idiolect.ts')).idiolect,
  'stock-tfjs': async () => (await import('./contenders/stock-tfjs.ts')).stockTfjs,
  'jax-js': async () => (await import('./contenders/jax.ts')).jaxJs,
  nanogpt: async () => (await import('./contenders/nanogpt.ts')).nanoGpt,
};

export async function openHost(name: string, engine: Engine, place: Place): Promise<Host> {
  const load = loaders[name];
  if (!load) throw new CannotRun(`there is no contender ${name}`);
  const contender = await load();
  const device = await contender.start(engine, place);
  let runner: Awaited<ReturnType<Contender['prepare']>> | undefined;
  return {
    async prepare(workload, warmUps) {
      await runner?.dispose();
      runner = undefined;
      runner = await contender.prepare(workload, place);
      const numbers: number[] = [];
      const began = performance.now();
      while (numbers.length < warmUps && performance.now() - began < LONG_WARM_UP) {
        numbers.push(await runner.run());
      }
      return { device, numbers };
    },
    async run() {
      const current = runner!;
      const began = performance.now();
      const { result, counts } = await countGpu(() => current.run());
      const milliseconds = performance.now() - began;
      return {
        milliseconds,
        number: result,
        counts: { ...(engine === 'webgpu' && counts), ...current.memory?.() },
      };
    },
    async soak(steps, seconds) {
      const current = runner!;
      if (!current.memory) throw new CannotRun('it cannot tell what it has allocated');
      const tensors: number[] = [];
      const bytes: number[] = [];
      const times: number[] = [];
      const end = performance.now() + 1000 * seconds;
      while (times.length < steps && performance.now() < end) {
        const began = performance.now();
        await current.run();
        times.push(performance.now() - began);
        const now = current.memory();
        tensors.push(now.tensors);
        bytes.push(now.bytes);
      }
      if (times.length < 2 * SETTLED) {
        throw new CannotRun(`only ${times.length} steps in ${seconds} s`);
      }
      const counts = {
        tensors: tensors.at(-1)!,
        tensors_per_step: slope(tensors.slice(SETTLED)),
        bytes_at_50: bytes[SETTLED - 1]!,
        bytes_at_end: bytes.at(-1)!,
        bytes_per_step: slope(bytes.slice(SETTLED)),
      };
      return { counts, times };
    },
    async close() {
      await runner?.dispose();
      runner = undefined;
    },
  };
}
