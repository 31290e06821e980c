/** What a measurement is made with, from what page and command know of the open model and the engine. */
import { familiarityFields, type FamiliaritySettings } from '../../familiarity/config.ts';
import type { Precision } from '../../../models/precision.ts';
import type { FamiliarityRecord } from './schema.ts';

/** All that decides a measurement's numbers but the answers. */
export type MeasurementSetup = Pick<
  FamiliarityRecord,
  'model' | 'adapter' | 'engine' | 'prompt' | 'settings'
>;

export interface SetupParts {
  model: {
    id: string;
    /** Of the hub; undefined for a model from elsewhere. */
    revision: string | undefined;
    filesHash: string;
    weightsHash: string;
    precision: Precision;
    format: string;
    /** Tokens. */
    contextLength: number;
    /** It comes with a chat template. */
    chatTemplate: boolean;
  };
  engine: { name: string; device: string; threads: number };
  prompt: { useChatTemplate: boolean; plainTemplate: string };
  familiarity: FamiliaritySettings;
  adapter?: FamiliarityRecord['adapter'];
}

export function measurementSetup(parts: SetupParts): MeasurementSetup {
  const { model, engine, prompt, familiarity, adapter = null } = parts;
  // A model without a chat template falls back to the plain one.
  const chat = prompt.useChatTemplate && model.chatTemplate;
  return {
    model: {
      id: model.id,
      revision: model.revision ?? null,
      files_sha256: model.filesHash,
      weights_sha256: model.weightsHash,
      precision: model.precision,
      format: model.format,
      context_length: model.contextLength,
    },
    adapter,
    engine: { name: engine.name, device: engine.device, threads: engine.threads },
    prompt: { chat_template: chat, plain_template: chat ? null : prompt.plainTemplate },
    settings: inOrder(familiarity),
  };
}

/** Names what decides the numbers: the same text, the same numbers. Batch size, device and threads decide none. */
export function decisivePart({
  model,
  adapter,
  engine,
  prompt,
  settings,
}: MeasurementSetup): string {
  return textInOrder([model, adapter, engine.name, prompt, { ...settings, batchTokens: 0 }]);
}

/** JSON with keys in alphabetical order: what was read from a file or a database may have another one. */
export function textInOrder(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** The settings in the order of their table: the same settings, the same text. */
function inOrder(familiarity: FamiliaritySettings): FamiliaritySettings {
  const names = Object.keys(familiarityFields) as (keyof FamiliaritySettings)[];
  return Object.fromEntries(names.map((name) => [name, familiarity[name]])) as FamiliaritySettings;
}
