/** A model as it is asked: the open one, through a prompt, with an adapter or without. */
import type { LoraAdapter } from '../../lora/adapter.ts';
import type { PromptSettings } from '../../tokenizer/prompt-format.ts';
import type { OpenModel } from './open-model.ts';

export interface PromptedModel {
  opened: OpenModel;
  prompt: PromptSettings;
  adapter?: LoraAdapter | undefined;
}
