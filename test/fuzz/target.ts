/** What is fuzzed: a reader of files, the cases it is given, and what it may answer. */
import type { Arbitrary } from 'fast-check';
import { isDeepStrictEqual } from 'node:util';

export interface FuzzTarget<Case = unknown> {
  name: string;
  /** The name under which `read` reads a case, or those of its parts: every error has to hold one of them. */
  fileName: string | readonly string[];
  /** Mostly valid files with a few faults, by mutate.ts. */
  cases: Arbitrary<Case>;
  /**
   * Reads one case. An IdiolectError that names the file is an answer; anything else that is thrown is a
   * failure: a raw error of a parser, or a round trip that did not come back as it was.
   */
  read: (input: Case) => unknown;
}

/** Keeps the type of its cases for whoever writes it, and forgets it for the list of all. */
export function target<Case>(one: FuzzTarget<Case>): FuzzTarget {
  return one as FuzzTarget;
}

/** @throws Error when a file read back differs from what was written */
export function same(got: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(got, expected)) {
    throw new Error(
      `Read back as ${JSON.stringify(got)}, written from ${JSON.stringify(expected)}`,
    );
  }
}
