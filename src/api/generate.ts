/** An answer from a model. */
import { askedAlone, type Conversation } from '../data/response-set.ts';
import { UsageError } from '../errors.ts';
import { defaultsOf, problemsOf } from '../fields.ts';
import { samplingFields, type SamplingSettings } from '../generate/config.ts';
import type { LoraAdapter } from '../lora/adapter.ts';
import type { PromptSettings } from '../tokenizer/prompt-format.ts';
import { answerOne } from '../workflows/generate/answer-one.ts';
import type { OpenModel } from '../workflows/open/open-model.ts';
import { hostOf, type CallOptions } from './host.ts';
import { DEFAULT_PROMPT } from './measure.ts';

export interface GenerateOptions extends Pick<CallOptions, 'signal'>, Partial<SamplingSettings> {
  adapter?: LoraAdapter;
  prompt?: Partial<PromptSettings>;
  /** Called with the text so far after each token. */
  onText?: (text: string) => void;
}

/**
 * Answers a question, or a conversation as its last turn asks: greedy unless `greedy: false`. An aborted call returns what was written so far.
 * @throws UsageError for sampling settings out of bounds, DataError when the question leaves no room
 *   in the model's context
 */
export async function generate(
  model: OpenModel,
  question: string | Conversation,
  { adapter, prompt, signal, onText, ...settings }: GenerateOptions = {},
): Promise<string> {
  const sampling = { ...defaultsOf(samplingFields), ...settings };
  const problems = problemsOf(samplingFields, sampling);
  if (problems.length > 0)
    throw new UsageError('generate: these settings cannot be used.', problems);
  const conversation = typeof question === 'string' ? askedAlone(question) : question;
  const prompted = { opened: model, prompt: { ...DEFAULT_PROMPT, ...prompt }, adapter };
  const { text } = await answerOne(prompted, hostOf(signal), conversation, sampling, (progress) => {
    onText?.(progress.text);
    return Promise.resolve();
  });
  return text;
}
