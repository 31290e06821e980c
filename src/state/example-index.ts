/** The list of example sets that come with the page: `data/index.json`, checked before it is used. */
import * as v from 'valibot';
import { DataError } from '../errors.ts';

const entry = v.object({
  file: v.pipe(v.string(), v.regex(/^[\w.-]+\.jsonl$/, 'must be a .jsonl file beside the index')),
  name: v.string(),
  description: v.optional(v.string(), ''),
  /** Answers in the file. */
  n: v.optional(v.number()),
});
const index = v.object({
  sets: v.pipe(v.array(entry), v.minLength(1, 'must not be empty')),
  /** Questions that no set contains, to measure what training gives. */
  validation: v.optional(entry),
});

export type ExampleEntry = v.InferOutput<typeof entry>;
export type ExampleIndex = v.InferOutput<typeof index>;

/** @throws DataError when the text is not such a list, with every problem. */
export function readExampleIndex(text: string): ExampleIndex {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DataError(
      'data/index.json is not JSON; the server may have sent a page instead.',
      [],
      {
        cause,
      },
    );
  }
  const result = v.safeParse(index, value);
  if (!result.success) {
    throw new DataError(
      'data/index.json is not a list of example sets.',
      result.issues.map((issue) => `${v.getDotPath(issue) ?? 'file'}: ${issue.message}`),
    );
  }
  return result.output;
}
