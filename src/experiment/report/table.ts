/** A table of text, as it stands on a terminal, in the report and in a CSV file. */
export interface TextTable {
  id: string;
  title: string;
  /** What the numbers are, in a sentence or two. */
  caption: string;
  /** Columns of words stand left, numbers right. */
  columns: { name: string; words?: boolean }[];
  rows: string[][];
}

export const text = (name: string) => ({ name, words: true });
export const number = (name: string) => ({ name });
