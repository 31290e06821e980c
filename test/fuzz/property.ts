/** One target as a property of fast-check: what counts as an answer, and what as a failure. */
import fc, { type IAsyncProperty } from 'fast-check';
import { IdiolectError } from '../../src/errors.ts';
import type { FuzzTarget } from './target.ts';

export interface Watch {
  /** Before each case, those of shrinking among them. */
  begin: () => void;
  /** After a case that failed. */
  failed: () => void;
}

export function propertyOf(target: FuzzTarget, watch?: Watch): IAsyncProperty<[unknown]> {
  return fc.asyncProperty(target.cases, async (input) => {
    watch?.begin();
    try {
      await readOne(target, input);
    } catch (error) {
      watch?.failed();
      throw error;
    }
  });
}

async function readOne({ read, fileName }: FuzzTarget, input: unknown): Promise<void> {
  try {
    await read(input);
  } catch (error) {
    if (!(error instanceof IdiolectError)) throw error;
    const names = typeof fileName === 'string' ? [fileName] : fileName;
    if (!names.some((name) => error.message.includes(name))) {
      throw new Error(`The error does not name ${names.join(' or ')}: ${error.message}`, {
        cause: error,
      });
    }
  } finally {
    refuseChangedPrototypes();
  }
}

const prototypes = [Object.prototype, Array.prototype, Function.prototype, String.prototype];
const untouched = prototypes.map((one) => new Set(Reflect.ownKeys(one)));

function refuseChangedPrototypes(): void {
  prototypes.forEach((one, i) => {
    const added = Reflect.ownKeys(one).filter((key) => !untouched[i]!.has(key));
    if (added.length === 0) return;
    for (const key of added) Reflect.deleteProperty(one, key);
    throw new Error(`Reading changed a prototype: ${added.map(String).join(', ')}`);
  });
}
