/** Files may have many faults: they are collected, and told all at once. */
import { ModelFileError } from '../errors.ts';

/** A file full of faults is described by the first ones. */
const MAX_LISTED = 50;

/** Throws a ModelFileError that lists the problems, if there are any. */
export function throwProblems(summary: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  const listed = problems.slice(0, MAX_LISTED);
  if (problems.length > listed.length) {
    listed.push(`… and ${problems.length - listed.length} more.`);
  }
  throw new ModelFileError(summary, listed);
}
