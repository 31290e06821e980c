/** The worker's object in a process of its own, with the flags of the commands; calls arrive as messages. */
import { existsSync, readFileSync } from 'node:fs';
import type { ExperimentRequest, ModelSource } from '../../workers/protocol.ts';
import { TrainerService } from '../../workers/trainer-service.ts';

export interface CallMessage {
  call: number;
  method: keyof TrainerService;
  /** Functions stand as `{ callback }`. */
  args: unknown[];
}

Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
const service = new TrainerService();

/** What comes with the page is read from disk. */
const fetchFar = globalThis.fetch;
globalThis.fetch = (address, ...rest) => {
  if (typeof address !== 'string' || /^\w+:/.test(address)) return fetchFar(address, ...rest);
  const path = `public/${address}`;
  return Promise.resolve(
    existsSync(path) ? new Response(readFileSync(path)) : new Response('', { status: 404 }),
  );
};

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
    if (files === undefined) return arg;
    if (method === 'openModel') return withFiles(arg as ModelSource);
    return method === 'openExperiment' ? withBlobs(arg as ExperimentRequest) : arg;
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

/** The bytes of an experiment's files as blobs again. */
function withBlobs(request: ExperimentRequest): ExperimentRequest {
  const files = Object.entries(request.files as Record<string, Uint8Array<ArrayBuffer> | string>);
  const blobs = files.map(([name, bytes]) => [name, new Blob([bytes])] as const);
  return { ...request, files: Object.fromEntries(blobs) };
}
