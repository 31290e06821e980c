/** At which call of a file system something goes wrong, and what. */

/** What browsers throw. */
export const BROWSER_FAULTS = [
  'QuotaExceededError',
  'NoModificationAllowedError',
  'SecurityError',
  'AbortError',
  'NotFoundError',
  'NotReadableError',
  'InvalidStateError',
] as const;
/** What Node throws. */
export const DISK_FAULTS = ['ENOSPC', 'EIO', 'EROFS', 'EACCES', 'EMFILE'] as const;

/** `short`: a write takes half of its bytes, which is no error. */
export type Fault =
  (typeof BROWSER_FAULTS)[number] | (typeof DISK_FAULTS)[number] | 'short' | 'crash';

/** The process has ended: every call throws it from then on, and what it returns counts for nothing. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

/** Counts calls, and lets the n-th fail. */
export class Plan {
  calls = 0;
  /** Whether the n-th call came. */
  hit = false;
  crashed = false;
  readonly #at: number;
  readonly #fault: Fault;

  /** @param at the call that fails, from 1; 0 for none */
  constructor(at = 0, fault: Fault = 'crash') {
    this.#at = at;
    this.#fault = fault;
  }

  /** Called before a call has any effect. @returns whether the call is to do half of its work and then fail */
  call(what: string): 'whole' | 'short' {
    if (this.crashed) throw new Crash(what);
    this.calls++;
    if (this.calls !== this.#at) return 'whole';
    this.hit = true;
    if (this.#fault === 'short') return 'short';
    if (this.#fault !== 'crash') throw faultError(this.#fault, what);
    this.crashed = true;
    throw new Crash(what);
  }
}

function faultError(fault: Exclude<Fault, 'short' | 'crash'>, what: string): Error {
  if (!isDiskFault(fault)) return new DOMException(`planned at ${what}`, fault);
  const [syscall = '', path = ''] = what.split(' ');
  const error = new Error(`${fault}: planned, ${syscall} '${path}'`);
  return Object.assign(error, { code: fault, syscall, path });
}

const isDiskFault = (fault: Fault): boolean => (DISK_FAULTS as readonly string[]).includes(fault);
