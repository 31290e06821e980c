/** Starts the trainer worker; calls go through Comlink. */
import { proxy, releaseProxy, wrap, type Remote } from 'comlink';
import type { TrainerApi } from '../workers/protocol.ts';
import trainerUrl from '../workers/trainer.ts?worker&url';
import { startWorker } from './policed-worker.ts';
import { WorkerLostError, type Connection } from './state/trainer-client.ts';
import { onEnd } from './worker-life.ts';

export function connectWorker(): Connection {
  const worker = startWorker(trainerUrl);
  const remote = wrap<TrainerApi>(worker);
  let stopWaiting = (): void => undefined;
  return {
    api: overComlink(remote),
    onfailure(listener) {
      stopWaiting = onEnd(worker, () =>
        listener(
          new WorkerLostError(
            'The worker stopped without an error message; most often the tab had no memory left.',
          ),
        ),
      );
      worker.addEventListener('error', (event) => {
        event.preventDefault();
        listener(new WorkerLostError(`The worker stopped: ${event.message || 'no reason given'}.`));
      });
      worker.addEventListener('messageerror', () =>
        listener(new WorkerLostError('The worker sent something that cannot be read.')),
      );
    },
    terminate() {
      stopWaiting();
      remote[releaseProxy]();
      worker.terminate();
    },
  };
}

/** Progress callbacks stay on the page and are called by proxy. */
function overComlink(remote: Remote<TrainerApi>): TrainerApi {
  return new Proxy({} as TrainerApi, {
    get:
      (_, name) =>
      (...values: unknown[]) => {
        const method = remote[name as keyof TrainerApi] as (...all: unknown[]) => Promise<unknown>;
        return method(
          ...values.map((value) => (typeof value === 'function' ? proxy(value) : value)),
        );
      },
  });
}
