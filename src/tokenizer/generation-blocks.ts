/**
 * `{% generation %}` blocks, with which a chat template marks the text that the model itself writes. The Jinja
 * library leaves the tags out; here they become calls of a macro that sets marks around what it is given, as
 * transformers turns them into calls of a function that notes where the text stands.
 */
import { Template } from '@huggingface/jinja';

/** A part of a text: characters from `start` up to `end`, that one left out. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

const TAG = /\{%(-?)\s*(end)?generation\s*(-?)%\}/g;
const MACRO = 'idiolect_generation';
// Private characters, in a sequence that no text holds.
const OPEN = '\u{E000}\u{E0F1}(';
const CLOSE = ')\u{E0F1}\u{E000}';
const MARKS = new RegExp(`${OPEN.replace('(', '\\(')}|${CLOSE.replace(')', '\\)')}`, 'gu');

export function hasGenerationBlocks(source: string): boolean {
  return source.search(TAG) >= 0;
}

/** The template with its blocks made to be marked. @throws SyntaxError as the library does */
export function withMarkedBlocks(source: string): Template {
  const template = new Template(
    source.replace(TAG, (_, left: string, end: string | undefined, right: string) =>
      end === undefined ? `{%${left} call ${MACRO}() ${right}%}` : `{%${left} endcall ${right}%}`,
    ),
  );
  const macro = new Template(`{% macro ${MACRO}() %}${OPEN}{{ caller() }}${CLOSE}{% endmacro %}`);
  template.parsed.body.unshift(...macro.parsed.body);
  return template;
}

/** Takes the marks out of a rendered text and says where they stood. */
export function takeMarks(marked: string): { text: string; spans: TextSpan[] } {
  const spans: TextSpan[] = [];
  let text = '';
  let from = 0;
  let start = 0;
  for (const match of marked.matchAll(MARKS)) {
    text += marked.slice(from, match.index);
    from = match.index + match[0].length;
    if (match[0] === OPEN) start = text.length;
    else spans.push({ start, end: text.length });
  }
  return { text: text + marked.slice(from), spans };
}
