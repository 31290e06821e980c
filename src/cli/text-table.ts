/** Tables of text on a terminal. */
import type { Table } from '../experiment/table.ts';

/** Title, then columns padded: words to the left, numbers to the right. */
export function printTable({ title, columns, rows }: Table): string {
  const lines = [columns.map(({ name }) => name), ...rows];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  const print = (line: readonly string[]) =>
    line
      .map((cell, i) =>
        columns[i]!.words === true ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!),
      )
      .join('  ')
      .trimEnd();
  return [title, ...lines.map(print)].join('\n');
}
