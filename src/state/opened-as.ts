/** How a command opens what is open on the page: plain data, so that a run's record keeps it. */
import type { Precision } from '../../models/precision.ts';
import type { EngineName } from '../engine/config.ts';
import { HUB_URL } from '../storage/config.ts';
import type { ModelSource, ModelSummary } from '../../workers/protocol.ts';

export interface OpenedAs {
  /** As the command names it. */
  model: string;
  revision?: string | undefined;
  /** Of the hub, when it is not the usual one. */
  hub?: string | undefined;
  precision: Precision;
  /** The model comes with a chat template. */
  chatTemplate: boolean;
  engine: EngineName;
  /** Of the CPU engine. */
  threads?: number | undefined;
  /** The person's own files, by their name on the page. */
  ownFiles: boolean;
}

export function openedAs(
  source: ModelSource,
  { precision, prompt: { chatTemplate } }: Pick<ModelSummary, 'precision' | 'prompt'>,
  engine: { name: EngineName; threads: number },
): OpenedAs {
  const rest = {
    ...{ precision, chatTemplate },
    engine: engine.name,
    ...(engine.name === 'wasm' && { threads: engine.threads }),
  };
  if (source.kind === 'files') return { model: source.name, ownFiles: true, ...rest };
  if (source.kind === 'embedded') return { model: source.id, ownFiles: false, ...rest };
  const { id, revision, baseUrl } = source;
  return {
    ...{ model: id, revision, ownFiles: false, ...rest },
    ...(baseUrl !== HUB_URL && { hub: baseUrl }),
  };
}
