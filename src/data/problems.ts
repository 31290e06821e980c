/** How a long list of problems is told: the first of them, and how many more there are. */
import { DataError } from '../errors.ts';

const LISTED_PROBLEMS = 20;

/** The first `limit` problems and, when some were left out, a last line that counts them. */
export function capProblems(problems: readonly string[], limit = LISTED_PROBLEMS): string[] {
  if (problems.length <= limit) return [...problems];
  return [...problems.slice(0, limit), `and ${problems.length - limit} more`];
}

/** Throws a DataError that lists the problems, if there are any. */
export function throwProblems(summary: string, problems: readonly string[]): void {
  if (problems.length > 0) throw new DataError(summary, capProblems(problems));
}
