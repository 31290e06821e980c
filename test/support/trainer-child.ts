/** The worker's object in a process of its own, with the flags of the commands; calls arrive as messages. */
import { readFileSync } from 'node:fs';
import type { ModelSource } from '../../workers/protocol.ts';
import { TrainerService } from '../../workers/trainer-service.ts';

export interface CallMessage {
  call: number;
  method: keyof TrainerService;
  /** Functions stand as `{ callback }`. */
  args: unknown[];
}

Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
const service = new TrainerService();

process.on('message', (message: CallMessage) => {
  void answer(message);
});

async function answer({ call, method, args }: CallMessage): Promise<void> {
  const real = args.map((arg) => {
    const { callback, files } = (arg ?? {}) as { callback?: number; files?: { path: string }[] };
    if (callback !== undefined) {
      return (...args: unknown[]) => {
        process.send!({ call, callback, args });
        return Promise.resolve();
      };
    }
    return method === 'openModel' && files ? withFiles(arg as ModelSource) : arg;
  });
  try {
    const work = service[method] as (...all: unknown[]) => Promise<unknown>;
    process.send!({ call, result: await work(...real) });
  } catch (error) {
    process.send!({ call, error: error instanceof Error ? error.message : String(error) });
  }
}

/** Files do not cross between processes: those of a model that comes with the project are read here. */
function withFiles(source: ModelSource): ModelSource {
  if (source.kind !== 'files') return source;
  const files = source.files.map(({ path }) => ({
    path,
    file: new File([readFileSync(`public/models/${path}`)], path.split('/').at(-1)!),
  }));
  return { ...source, files };
}
