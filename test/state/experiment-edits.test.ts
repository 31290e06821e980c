/** What the form changes leaves an experiment that the schema takes. */
import { expect, it } from 'vitest';
import { presetExperiment } from '../../src/experiment/spec/presets.ts';
import { readExperiment } from '../../src/experiment/spec/schema.ts';
import {
  addMadeSet,
  isTrained,
  removeSet,
  replaced,
  toggleArm,
  toggleCrossOver,
  toggleModel,
  toggleWriter,
} from '../../src/state/experiment-edits.ts';
import { madeKinds, type MadeKind } from '../../src/state/experiment-fields.ts';

const [a, b] = ['idiolect-a', 'idiolect-b'] as const;

it('takes what is gone out of arms, sets and cross-over', () => {
  const experiment = presetExperiment('quick');
  addMadeSet(experiment, 'own', b);
  toggleWriter(experiment, 'terse');
  toggleArm(experiment, a, 'own-b');
  expect(isTrained(experiment, a, 'own-b')).toBe(false);
  expect(experiment.arms).toHaveLength(2 * 4 - 1);
  toggleArm(experiment, a, 'own-b');
  expect(experiment.arms).toBeUndefined();

  toggleArm(experiment, a, 'terse');
  removeSet(experiment, 'terse');
  expect(experiment.crossOver).toBeDefined();
  expect(experiment.arms!.some(({ set }) => set === 'terse')).toBe(false);
  toggleModel(experiment, { id: b });
  expect(experiment.sets.map(({ id }) => id)).toEqual(['dialect-a', 'dialect-b']);
  expect(experiment.crossOver).toBeUndefined();
  expect(experiment.arms!.every(({ model }) => model === a)).toBe(true);
  expect(readExperiment(experiment, 'test')).toEqual(experiment);
});

it('adds sets of every kind under names of their own', () => {
  const experiment = presetExperiment('quick');
  const kinds = Object.keys(madeKinds) as MadeKind[];
  for (const kind of [...kinds, ...kinds]) addMadeSet(experiment, kind, a);
  expect(experiment.sets.map(({ id }) => id)).toContain(`${kinds[0]!}-a-2`);
  expect(readExperiment(experiment, 'test')).toEqual(experiment);
});

it('tests the 2×2 of the first two, and not of other questions', () => {
  const experiment = presetExperiment('quick');
  toggleCrossOver(experiment);
  expect(experiment.crossOver).toBeUndefined();
  toggleCrossOver(experiment);
  expect(experiment).toEqual(presetExperiment('quick'));
  const other = replaced(experiment, { name: 'other' });
  expect(other.name).toBe('other');
  expect('crossOver' in other).toBe(false);
});
