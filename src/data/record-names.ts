/** What questions and sets are called: ids from a file or from text, names of sets. */
import { questionKey, type ResponseRow } from './response-set.ts';

/** Ids that stand for two different questions: the column does not name questions. */
export function ambiguousIds(rows: readonly ResponseRow[]): string[] {
  const seen = new Map<string, string>();
  return rows.flatMap((row) => {
    const key = questionKey(row);
    const before = seen.get(row.id);
    seen.set(row.id, key);
    return before !== undefined && before !== key ? [row.id] : [];
  });
}

/** An id from the question's text: two independent 32-bit hashes, 16 hexadecimal digits. */
export function textId(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x9e3779b9;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code ^ (b >>> 15), 0x2c1b3c6d);
  }
  const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
  return `q-${hex(a)}${hex(b)}`;
}

/** A file's name without its folder and the extension of a table. */
export function baseName(fileName: string): string {
  const name = fileName.split(/[/\\]/).at(-1)!;
  return name.replace(/\.(jsonl|json|ndjson|csv|tsv|tab|psv|txt|parquet)$/i, '') || name;
}

/** A short id from a name, different from those taken. */
export function freshId(name: string, taken: Set<string>): string {
  const plain = name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-');
  const stem = plain.replace(/^-|-$/g, '') || 'set';
  let id = stem;
  for (let n = 2; taken.has(id); n++) id = `${stem}-${n}`;
  taken.add(id);
  return id;
}
