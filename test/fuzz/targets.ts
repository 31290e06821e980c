/** Every target: a new file of them is one line here. */
import type { FuzzTarget } from './target.ts';

const files: readonly (() => Promise<{ targets: readonly FuzzTarget[] }>)[] = [
  () => import('./tables.ts'),
  () => import('./models.ts'),
  () => import('./records.ts'),
];

/** Faults for the test of the runner. */
const planted = () => import('./planted.ts');

/** @param only part of a name; all targets when left out */
export async function fuzzTargets(only = ''): Promise<FuzzTarget[]> {
  const all = (
    await Promise.all((only.startsWith('planted-') ? [planted] : files).map((load) => load()))
  ).flatMap(({ targets }) => targets);
  return all.filter(({ name }) => name.includes(only));
}
