/** What a measurement was made with; printed with every result, and kept with it. */
import type { FamiliarityRecord } from '../exchange/familiarity-record/schema.ts';
import { textInOrder, type MeasurementSetup } from '../exchange/familiarity-record/setup.ts';
import type { OwnAnswer } from '../evaluate/own-style.ts';
import type { FamiliaritySettings } from '../familiarity/config.ts';
import type { Notice } from '../notices.ts';
import type { PromptSettings } from '../../workers/protocol.ts';
import type { MeasuredText } from './measurements.svelte.ts';
import type { OpenedAs } from './opened-as.ts';

export interface MeasuredWith {
  setup: MeasurementSetup;
  prompt: PromptSettings;
  familiarity: FamiliaritySettings;
  /** How a command opens the model; undefined for a measurement that was opened from a record. */
  openedAs: OpenedAs | undefined;
  /** What that record said was left out, and its notices. */
  opened?: Pick<FamiliarityRecord, 'excluded' | 'notices'>;
}

/** A measurement as it outlives the page. */
export interface KeptMeasurement {
  made: MeasuredWith;
  answers: readonly MeasuredText[];
  promptNotices: readonly Notice[];
  /** The model's own answers, by question and right answer, for measuring in style. */
  ownAnswers: readonly (readonly [string, OwnAnswer])[];
}

/** What decides the model's own answers: how answers are cut into tokens does not. */
export function askedPart({ model, engine, prompt }: MeasurementSetup): string {
  return textInOrder([model, engine.name, prompt]);
}
