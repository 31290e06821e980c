/**
 * The order in which examples are trained: each epoch is a permutation that depends on the seed and
 * the epoch's number alone, so a cursor of two integers is all that resuming needs.
 */
import type { Random } from '../random.ts';

/** `position` examples of epoch `epoch` (from 0) are done. */
export interface OrderCursor {
  epoch: number;
  position: number;
}

export const orderStart: OrderCursor = { epoch: 0, position: 0 };

export interface OrderTaken {
  indices: number[];
  /** The epoch these indices belong to. */
  epoch: number;
  /** Where to go on; an epoch that is used up has become position 0 of the next. */
  cursor: OrderCursor;
}

/** The permutation of one epoch; does not advance `random`. */
export function epochOrder(exampleCount: number, random: Random, epoch: number): number[] {
  const identity = Array.from({ length: exampleCount }, (_, i) => i);
  return random.fork(`epoch/${epoch}`).shuffle(identity);
}

/**
 * Takes the next `count` examples. A step never crosses into the next epoch: the last one of an
 * epoch is smaller when the numbers do not divide.
 * @throws RangeError for an empty data set or a cursor outside of it.
 */
export function takeNext(
  exampleCount: number,
  random: Random,
  cursor: OrderCursor,
  count: number,
): OrderTaken {
  const { epoch, position } = cursor;
  if (!(exampleCount > 0)) throw new RangeError('There is no example to train on.');
  if (!(count > 0)) throw new RangeError(`A step cannot take ${count} examples.`);
  if (!(position >= 0 && position < exampleCount && epoch >= 0)) {
    throw new RangeError(
      `Cursor at example ${position} of epoch ${epoch}, but there are ${exampleCount} examples.`,
    );
  }
  const indices = epochOrder(exampleCount, random, epoch).slice(position, position + count);
  const end = position + indices.length;
  const next = end >= exampleCount ? { epoch: epoch + 1, position: 0 } : { epoch, position: end };
  return { indices, epoch, cursor: next };
}

/** Optimizer steps of one epoch; the last, partial one counts. */
export function stepsPerEpoch(exampleCount: number, examplesPerStep: number): number {
  return Math.ceil(exampleCount / examplesPerStep);
}
