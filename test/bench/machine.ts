/** What the numbers were measured on. */
import { createRequire } from 'node:module';
import { cpus, loadavg, totalmem } from 'node:os';
import type { Adapter } from './hosts/chromium.ts';
import type { Hosts } from './hosts/open.ts';

const require = createRequire(import.meta.url);
const versionOf = (name: string) =>
  (require(`../../node_modules/${name}/package.json`) as { version: string }).version;

export interface Machine {
  date: string;
  machine: string;
  /** Over 1, 5 and 15 minutes, at the start: above 0.5 somebody else is at work. */
  load_average: number[];
  adapter: Adapter;
  versions: Record<string, string>;
}

export async function describeMachine(hosts: Hosts): Promise<Machine> {
  const load = loadavg();
  const [cpu] = cpus();
  const adapter = await hosts.adapter();
  const machine = {
    date: new Date().toISOString(),
    machine: `${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    load_average: load,
    adapter,
    versions: {
      node: process.versions.node,
      chromium: adapter.browser,
      '@tensorflow/tfjs-core': versionOf('@tensorflow/tfjs-core'),
      '@jax-js/jax': versionOf('@jax-js/jax'),
    },
  };
  console.log(`${machine.date}, ${machine.machine}`);
  console.log(
    `load ${load.map((value) => value.toFixed(1)).join(' ')}; WebGPU: ${adapter.name}${adapter.software ? ' (software adapter)' : ''}; ` +
      Object.entries(machine.versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
  );
  console.log('');
  return machine;
}
