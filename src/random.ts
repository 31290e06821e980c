/**
 * The one source of randomness: a seeded generator that is passed in wherever chance is needed,
 * forked by purpose so that drawing more numbers for one thing never changes another.
 * Generator: xoroshiro128+ of the `pure-rand` library, whose state can be saved and restored.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus, xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Uniform integer in [0, below). */
  integer(below: number): number;
  /** Standard normal, by the Box–Muller transform. */
  normal(): number;
  /** One element; throws a RangeError for an empty list. */
  pick<Item>(items: readonly Item[]): Item;
  /** A shuffled copy (Fisher–Yates). */
  shuffle<Item>(items: readonly Item[]): Item[];
  /** An independent stream named by its purpose; forking does not advance this stream. */
  fork(purpose: string): Random;
  /** Everything needed to continue this stream later by `restoreRandom`. */
  state(): RandomState;
}

export interface RandomState {
  seed: number;
  generator: readonly number[];
}

/** A stream from an integer seed; the same seed gives the same numbers everywhere. */
export function createRandom(seed: number): Random {
  return wrap(seed, xoroshiro128plus(mix(seed)));
}

/** Continues a stream where `state()` was taken. */
export function restoreRandom(state: RandomState): Random {
  return wrap(state.seed, xoroshiro128plusFromState(state.generator));
}

function wrap(seed: number, generator: ReturnType<typeof xoroshiro128plus>): Random {
  const random: Random = {
    uniform: () => uniformFloat64(generator),
    integer: (below) => uniformInt(generator, 0, below - 1),
    normal: () => {
      // 1 - u lies in (0, 1], so the logarithm is finite.
      const radius = Math.sqrt(-2 * Math.log(1 - random.uniform()));
      return radius * Math.cos(2 * Math.PI * random.uniform());
    },
    pick: (items) => {
      if (items.length === 0) throw new RangeError('Cannot pick from an empty list.');
      return items[random.integer(items.length)]!;
    },
    shuffle: (items) => {
      const copy = [...items];
      for (let i = copy.length - 1; i > 0; i--) {
        const j = random.integer(i + 1);
        [copy[i], copy[j]] = [copy[j]!, copy[i]!];
      }
      return copy;
    },
    fork: (purpose) => createRandom(hash(`${seed}/${purpose}`)),
    state: () => ({ seed, generator: [...generator.getState()] }),
  };
  return random;
}

/** 32-bit FNV-1a of a text. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  return value >>> 0;
}

/** Neighboring seeds must not give similar streams: one round of a 32-bit avalanche. */
function mix(seed: number): number {
  let value = seed | 0;
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return value ^ (value >>> 16);
}
