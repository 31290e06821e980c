/**
 * The page's end of the worker: errors come back as the classes they were thrown as, and a worker that
 * dies or is put down never leaves a call hanging.
 */
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
