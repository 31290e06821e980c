/** Runs one contender where it stands: in a worker of the bench's page, or in a Node process. */
import {
  CannotRun,
  type Contender,
  type Counts,
  type Engine,
  type Host,
  type Place,
} from './contender.ts';
import { countGpu } from './gpu-counts.ts';
import { slope } from './statistics.ts';

const SETTLED = 50;

const loaders: Record<string, () => Promise<Contender>> = {
  idiolect: async () => (await import('./contenders/idiolect.ts')).idiolect,
  'stock-tfjs': async () => (await import('./contenders/stock-tfjs.ts')).stockTfjs,
  'jax-js': async () => (await import('./contenders/jax.ts')).jaxJs,
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
      for (let i = 0; i < warmUps; i++) numbers.push(await runner.run());
      return { device, numbers };
    },
    async time() {
      const began = performance.now();
      await runner!.run();
      return performance.now() - began;
    },
    async count() {
      const began = performance.now();
      let number = NaN;
      const run = async () => (number = await runner!.run());
      const counts: Counts = engine === 'webgpu' ? await countGpu(run) : {};
      if (engine !== 'webgpu') await run();
      const milliseconds = performance.now() - began;
      return { counts: { ...counts, ...runner!.memory?.() }, milliseconds, number };
    },
    async soak(steps) {
      const own = runner!;
      if (!own.memory) throw new CannotRun('it cannot tell what it has allocated');
      const tensors: number[] = [];
      const bytes: number[] = [];
      const times: number[] = [];
      for (let i = 0; i < steps; i++) {
        const began = performance.now();
        await own.run();
        times.push(performance.now() - began);
        const now = own.memory();
        tensors.push(now.tensors);
        bytes.push(now.bytes);
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
