/** What files, model, prompt and adapter had to say, on standard error: results stay alone on standard output. */
import { noticeText, uniqueNotices, type Notice } from '../notices.ts';

/** One line each, the same notice once. */
export function printNotices(notices: readonly Notice[]): void {
  for (const one of uniqueNotices(notices)) {
    process.stderr.write(`Notice (${one.kind}): ${noticeText(one)}\n`);
  }
}
