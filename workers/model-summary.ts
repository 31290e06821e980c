/** What the page is told about an open model. */
import type { Precision } from '../models/precision.ts';
import type { OpenModel } from '../src/workflows/open/open-model.ts';
import {
  createPromptFormat,
  DEFAULT_PLAIN_TEMPLATE,
  type PromptFormat,
} from '../src/tokenizer/prompt-format.ts';
import type { Tokenizer } from '../src/tokenizer/tokenizer.ts';
import type { ModelSummary, PromptSettings } from './protocol.ts';
import type { Notice } from '../src/notices.ts';

const usualPrompt: PromptSettings = {
  useChatTemplate: true,
  plainTemplate: DEFAULT_PLAIN_TEMPLATE,
};

/** How a question is put to the model unless something else is asked for. Throws as `createPromptFormat`. */
export function usualFormat(tokenizer: Tokenizer): PromptFormat {
  return createPromptFormat(tokenizer, usualPrompt);
}

/** @param notices what opening it had to say */
export function modelSummary(
  { id, model, tokenizer, filesHash, weightsHash }: OpenModel,
  precision: Precision,
  notices: readonly Notice[],
): ModelSummary {
  const format = usualFormat(tokenizer);
  const { modelType, parameters, layers, width, vocabSize, contextLength } = model.shape;
  return {
    ...{ id, family: modelType, parameters, layers, width, vocabSize, contextLength },
    format: model.format,
    weightBytes: model.weightBytes,
    ...{ precision, filesHash, weightsHash },
    prompt: {
      chatTemplate: tokenizer.chatTemplate !== undefined,
      plainTemplate: DEFAULT_PLAIN_TEMPLATE,
      bos: format.bos,
      eos: format.eos,
    },
    notices: [...notices, ...model.notices, ...tokenizer.notices, ...format.notices],
  };
}
