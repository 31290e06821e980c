/** What files, model, prompt and adapter had to say, on standard error: results stay alone on standard output. */
import { noticeText, type Notice } from '../notices.ts';

/** Of more than this a file written with `--out` or a report names the rest. */
const MOST_PLACES = 200;

const printed = new Set<string>();

/** One line each; what was printed before is not printed again. */
export function printNotices(notices: readonly Notice[]): void {
  for (const one of notices) {
    const line = `Notice (${one.kind}): ${noticeText(one, MOST_PLACES)}\n`;
    if (!printed.has(line)) process.stderr.write(line);
    printed.add(line);
  }
}
