/** What reading records leaves out or mends, with the place of each; told as notices. */
import { notice, type Notice } from '../notices.ts';
import type { ResponseRow } from './response-set.ts';

/** Half a character of UTF-16, which no encoding and no tokenizer can write. */
const LONE_SURROGATES = /\p{Surrogate}/gu;

export class OddRecords {
  /** Places without a question. */
  readonly unasked: string[] = [];
  /** Places without an answer. */
  readonly unanswered: string[] = [];
  /** Places where a chat goes on after its last answer. */
  readonly continued: string[] = [];
  /** Places where a question is turns of a chat written as text. */
  readonly written: string[] = [];
  /** Places of a right answer that is no text. */
  readonly unused: string[] = [];
  readonly #broken: string[] = [];
  readonly #replaced: string[] = [];

  /** The row with the replacement character where half a character stood. */
  withWholeText(row: ResponseRow, place: string): ResponseRow {
    const { question, response, messages } = row;
    const text = [question, response, ...(messages ?? []).map(({ content }) => content)].join('\n');
    if (text.includes('\ufffd')) this.#replaced.push(place);
    if (text.search(LONE_SURROGATES) < 0) return row;
    this.#broken.push(place);
    const whole = (part: string) => part.replace(LONE_SURROGATES, '\ufffd');
    return {
      ...row,
      question: whole(question),
      response: whole(response),
      ...(messages && {
        messages: messages.map((turn) => ({ ...turn, content: whole(turn.content) })),
      }),
    };
  }

  notices(): Notice[] {
    const notices: Notice[] = [];
    const say = (kind: Notice['kind'], places: readonly string[], noun: string, rest: string) => {
      if (places.length > 0) notices.push(notice(kind, `${countOf(places, noun)} ${rest}`, places));
    };
    say('dropped', this.unasked, 'record', 'no question, left out.');
    say('dropped', this.unanswered, 'record', 'no answer, left out.');
    say('cut', this.continued, 'record', 'turns after the last answer, left out.');
    say(
      'assumed',
      this.written,
      'record',
      'a question that is JSON and was read as turns of a chat.',
    );
    say('dropped', this.unused, 'record', 'a right answer that is no text, not used.');
    say(
      'doubtful',
      this.#broken,
      'record',
      'half a character (a lone surrogate), read as “\ufffd”.',
    );
    say(
      'doubtful',
      this.#replaced,
      'record',
      'the character “\ufffd”: its file was damaged before.',
    );
    return notices;
  }
}

/** "1 record has", "3 records have". */
export function countOf(places: readonly unknown[], noun: string): string {
  return places.length === 1 ? `1 ${noun} has` : `${places.length} ${noun}s have`;
}
