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
  const send = async (method: string, args: readonly unknown[]): Promise<unknown> => {
    const callbacks: Waiting['callbacks'] = [];
    const plain = await Promise.all(
      args.map(async (arg) => {
        if (typeof arg !== 'function') return withoutBlobs(withoutFiles(arg));
        callbacks.push(arg as Waiting['callbacks'][number]);
        return { callback: callbacks.length - 1 };
      }),
    );
    return new Promise((resolve, reject) => {
      waiting.set(++calls, { callbacks, resolve, reject });
      child.send({ call: calls, method, args: plain });
    });
  };
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

/** Blobs by name cross as their bytes. */
async function withoutBlobs(arg: unknown): Promise<unknown> {
  if (typeof arg !== 'object' || arg === null || !('files' in arg)) return arg;
  if (Array.isArray(arg.files)) return arg;
  const files = await Promise.all(
    Object.entries(arg.files as Record<string, Blob | string>).map(async ([name, file]) => [
      name,
      file instanceof Blob ? new Uint8Array(await file.arrayBuffer()) : file,
    ]),
  );
  return { ...arg, files: Object.fromEntries(files) as unknown };
}
