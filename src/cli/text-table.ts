/** Tables of text on a terminal. */
import type { TextTable } from '../experiment/report/table.ts';

/** Title, then columns padded. */
export function printTable({ title, columns, rows }: TextTable): string {
  const lines = [columns.map(({ name }) => name), ...rows];
  return `${title}\n${textTable(lines, (column) => columns[column]!.words === true)}`;
}

/** Lines of cells with columns padded: words to the left, numbers to the right. */
export function textTable(
  lines: readonly (readonly string[])[],
  isWords: (column: number) => boolean = (column) => column === 0,
): string {
  const widths = lines[0]!.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  const padded = (cell: string, i: number) =>
    isWords(i) ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!);
  return lines.map((line) => line.map(padded).join('  ').trimEnd()).join('\n');
}
