/** A connection of the page's state to the real worker object, in a process like that of a command. */
import { fork } from 'node:child_process';
import type { Connection } from '../../src/state/trainer-client.ts';
import type { TrainerApi } from '../../workers/protocol.ts';

interface Waiting {
  callbacks: ((...args: unknown[]) => unknown)[];
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
}

interface Answer {
  call: number;
  callback?: number;
  args?: unknown[];
  result?: unknown;
  error?: string;
}

export function connectProcess(): Connection {
  const child = fork('test/support/trainer-child.ts', {
    execArgv: ['--experimental-wasm-relaxed-simd', '--import', 'tsx'],
    serialization: 'advanced',
  });
  const waiting = new Map<number, Waiting>();
  let calls = 0;
  child.on('message', ({ call, callback, args, result, error }: Answer) => {
    const one = waiting.get(call);
    if (one === undefined) return;
    if (callback !== undefined) {
      one.callbacks[callback]!(...args!);
      return;
    }
    waiting.delete(call);
    if (error === undefined) one.resolve(result);
    else one.reject(new Error(error));
  });
  const send = (method: string, args: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const callbacks: Waiting['callbacks'] = [];
      const plain = args.map((arg) => {
        if (typeof arg !== 'function') return withoutFiles(arg);
        callbacks.push(arg as Waiting['callbacks'][number]);
        return { callback: callbacks.length - 1 };
      });
      waiting.set(++calls, { callbacks, resolve, reject });
      child.send({ call: calls, method, args: plain });
    });
  const api = new Proxy({} as TrainerApi, {
    get:
      (_, method: string) =>
      (...args: unknown[]) =>
        send(method, args),
  });
  return { api, onfailure: () => undefined, terminate: () => child.kill() };
}

/** A `File` stays behind; its path says where the other process finds it. */
function withoutFiles(arg: unknown): unknown {
  if (typeof arg !== 'object' || arg === null || !('files' in arg)) return arg;
  if (!Array.isArray(arg.files)) return arg;
  return { ...arg, files: (arg.files as { path: string }[]).map(({ path }) => ({ path })) };
}
