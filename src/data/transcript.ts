/** A conversation as plain text, for prompts that speak about it. */
import type { RowPrompt } from './response-set.ts';

const NAMES = new Map([
  ['system', 'System'],
  ['user', 'Question'],
  ['assistant', 'Answer'],
  ['tool', 'Tool'],
]);

/** "Question: …" alone, or all turns up to it by such names. */
export function transcript({ question, messages }: RowPrompt): string {
  const turns = messages ?? [{ role: 'user', content: question }];
  return turns
    .map(({ role, content }, i) => {
      const before = i === 0 ? '' : role === 'assistant' ? '\n' : '\n\n';
      return `${before}${NAMES.get(role) ?? role}: ${content}`;
    })
    .join('');
}
