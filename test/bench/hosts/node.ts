/** A contender in a Node process of its own, as the commands run: with relaxed SIMD switched on. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Engine, Host } from '../contender.ts';
import type { Answer } from './messages.ts';
import { hostOf } from './process-host.ts';

export async function openNodeHost(contender: string, engine: Engine): Promise<Host> {
  const child = fork(fileURLToPath(new URL('./node-child.ts', import.meta.url)), {
    execArgv: ['--experimental-wasm-relaxed-simd', '--import', 'tsx'],
  });
  let settle: (answer: Answer) => void = () => undefined;
  child.on('message', (answer) => settle(answer as Answer));
  const ended = new Promise<void>((resolve) => {
    child.on('exit', (code, signal) => {
      settle({ reason: `its process ended (${signal ?? String(code)})` });
      resolve();
    });
  });
  const host = hostOf(
    (question) =>
      new Promise((resolve) => {
        settle = resolve;
        if (child.connected) child.send(question);
        else resolve({ reason: 'its process has ended' });
      }),
    async () => {
      child.kill();
      await ended;
    },
  );
  try {
    await host.open(contender, engine);
  } catch (error) {
    await host.close();
    throw error;
  }
  return host;
}
