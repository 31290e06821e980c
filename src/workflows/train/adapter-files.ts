/** An adapter on the engine → PEFT's files. */
import { writePeftAdapter, type NamedBytes } from '../../exchange/peft-write.ts';
import { adapterValues, replacedValues, type LoraAdapter } from '../../lora/adapter.ts';
import type { OpenModel } from '../open/open-model.ts';

export async function adapterFiles(
  { id, model }: OpenModel,
  adapter: LoraAdapter,
): Promise<NamedBytes[]> {
  return writePeftAdapter({
    baseModel: id,
    revision: undefined,
    settings: adapter.settings,
    targetModules: adapter.targetModules,
    fanInFanOut: model.fanInFanOut,
    values: await adapterValues(adapter),
    saved: await replacedValues(model, adapter),
  });
}
