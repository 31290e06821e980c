/**
 * The one way to say what was not taken as it stood: every room that drops, cuts, joins, excludes, doubts or
 * assumes something makes notices, and page, command and report show the same ones.
 */

export type NoticeKind =
  /** Left out altogether. */
  | 'dropped'
  /** Used in part. */
  | 'cut'
  /** Two or more things taken as one. */
  | 'joined'
  /** Left out because a person said so. */
  | 'excluded'
  /** Used as it is, and perhaps not what was meant. */
  | 'doubtful'
  /** Not said in the file, so the usual value was taken. */
  | 'assumed'
  /** Worth knowing; nothing was changed. */
  | 'info';

export interface Notice {
  kind: NoticeKind;
  /** One sentence that stands by itself. */
  text: string;
  /** Where: "answers.csv, line 12", "human/q17", "config.json: rope_scaling.factor". May be empty. */
  places: readonly string[];
}

export function notice(kind: NoticeKind, text: string, places: readonly string[] = []): Notice {
  return { kind, text, places };
}

/** Each once, in order of first appearance. */
export function uniqueNotices(notices: readonly Notice[]): Notice[] {
  const byText = new Map(
    notices.map((one) => [JSON.stringify([one.kind, one.text, one.places]), one]),
  );
  return [...byText.values()];
}

/** The sentence with its places; of many places the first `most`, and how many more there are. */
export function noticeText({ text, places }: Notice, most = 8): string {
  if (places.length === 0) return text;
  const more = places.length > most ? ` and ${places.length - most} more` : '';
  return `${text} (${places.slice(0, most).join('; ')}${more})`;
}
