/** A run as code that trains the same elsewhere. */
import { trainingCode } from '../exchange/training-code.ts';
import { answersFile } from './run-code.ts';
import type { RunRecord } from './run-record.ts';

/** Python for PEFT and transformers. */
export function codeOf({ modelId, setName, settings }: RunRecord): string {
  const { validation, ...rest } = settings;
  return trainingCode({
    ...rest,
    modelId,
    answersFile: answersFile(setName),
    validationFile: validation === undefined ? undefined : answersFile(validation),
  });
}
