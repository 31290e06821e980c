/** What files, model, prompt and adapter had to say, on standard error: results stay alone on standard output. */
import { noticeText, type Notice } from '../notices.ts';

const printed = new Set<string>();

/** One line each; what was printed before is not printed again. */
export function printNotices(notices: readonly Notice[]): void {
  for (const one of notices) {
    const line = `Notice (${one.kind}): ${noticeText(one)}\n`;
    if (!printed.has(line)) process.stderr.write(line);
    printed.add(line);
  }
}
