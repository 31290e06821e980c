/**
 * The page's end of the worker: calls go through Comlink, errors come back as the classes they were
 * thrown as, and a worker that dies or is put down never leaves a call hanging.
 */
import { proxy, releaseProxy, wrap, type Remote } from 'comlink';
import * as errors from '../errors.ts';
import { IdiolectError, StoppedError } from '../errors.ts';
import type { TrainerApi } from '../../workers/protocol.ts';

/** One running worker. Tests and previews hand in another one that keeps the same promises. */
export interface Connection {
  api: TrainerApi;
  /** Called once if the worker dies by itself. */
  onfailure: (listener: (reason: Error) => void) => void;
  terminate: () => void;
}

export type Connect = () => Connection;

/** The worker ended without an answer: a crash, or out of memory. */
export class WorkerLostError extends IdiolectError {
  override readonly name = 'WorkerLostError';
}

export function connectWorker(): Connection {
  const worker = new Worker(new URL('../../workers/trainer.ts', import.meta.url), {
    type: 'module',
  });
  const remote = wrap<TrainerApi>(worker);
  return {
    api: overComlink(remote),
    onfailure(listener) {
      worker.addEventListener('error', (event) => {
        event.preventDefault();
        listener(new WorkerLostError(`The worker stopped: ${event.message || 'no reason given'}.`));
      });
      worker.addEventListener('messageerror', () =>
        listener(new WorkerLostError('The worker sent something that cannot be read.')),
      );
    },
    terminate() {
      remote[releaseProxy]();
      worker.terminate();
    },
  };
}

type Call = (...values: unknown[]) => Promise<unknown>;

export class TrainerClient {
  /** Every call of the worker, safe to await. */
  readonly api: TrainerApi;
  readonly #connect: Connect;
  readonly #lost = new Set<(reason: Error) => void>();
  /** Rejects the calls that wait for an answer. */
  readonly #waiting = new Set<(reason: Error) => void>();
  #connection: Connection | undefined;

  constructor(connect: Connect) {
    this.#connect = connect;
    this.api = new Proxy({} as TrainerApi, {
      get: (_, name) => {
        // An object that answers to "then" would be taken for a promise.
        if (name === 'then') return undefined;
        return (...values: unknown[]) => this.#call(name as keyof TrainerApi, values);
      },
    });
  }

  /** Told when a worker is gone and with it the open model. @returns how to stop listening */
  onlost(listener: (reason: Error) => void): () => void {
    this.#lost.add(listener);
    return () => this.#lost.delete(listener);
  }

  /**
   * Puts the worker down, for a call that does not react to `stop()`. Waiting calls reject; the next
   * call starts a new worker.
   */
  terminate(reason: Error = new StoppedError('Stopped by ending the worker.')): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#connection = undefined;
    connection.terminate();
    for (const reject of [...this.#waiting]) reject(reason);
    for (const listener of [...this.#lost]) listener(reason);
  }

  #live(): Connection {
    if (this.#connection === undefined) {
      const connection = this.#connect();
      this.#connection = connection;
      connection.onfailure((reason) => {
        if (this.#connection === connection) this.terminate(reason);
      });
    }
    return this.#connection;
  }

  async #call(name: keyof TrainerApi, values: unknown[]): Promise<unknown> {
    const api = this.#live().api as unknown as Record<string, Call>;
    let reject: (reason: Error) => void = () => undefined;
    const gone = new Promise<never>((_, refuse) => (reject = refuse));
    this.#waiting.add(reject);
    try {
      return await Promise.race([api[name]!(...values), gone]);
    } catch (error) {
      throw revive(error);
    } finally {
      this.#waiting.delete(reject);
    }
  }
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

type ErrorClass = { prototype: IdiolectError };

/** An error that crossed as plain facts becomes one of its class again; its name says which. */
export function revive(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if (error instanceof IdiolectError) return error;
  const known = errors as unknown as Record<string, ErrorClass | undefined>;
  const ErrorOfName = Object.hasOwn(known, error.name) ? known[error.name] : undefined;
  if (ErrorOfName === undefined) return error;
  Object.setPrototypeOf(error, ErrorOfName.prototype);
  return Object.hasOwn(error, 'problems') ? error : Object.assign(error, { problems: [] });
}
