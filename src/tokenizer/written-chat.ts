/** A conversation as one text, and the parts of it that the model itself writes. */
import type { ChatMessage } from '../data/response-set.ts';
import type { TextSpan } from './generation-blocks.ts';

export interface WrittenChat {
  readonly text: string;
  /** Where the assistant turns that are trained stand, their ends among them, in order. */
  readonly spans: readonly TextSpan[];
}

/** Which assistant turns the loss is about; TRL's `assistant_only_loss` is `all-assistant`. */
export type LossOn = 'last-assistant' | 'all-assistant';

/** How errors name a turn: "turn 2 (tool)". */
export function turnName({ role }: ChatMessage, index: number): string {
  return `turn ${index + 1} (${role})`;
}

/** A turn with `weight` 0, as OpenAI's files mark it, is read and not trained. */
export function isTrained({ role, weight }: ChatMessage): boolean {
  return role === 'assistant' && weight !== 0;
}
