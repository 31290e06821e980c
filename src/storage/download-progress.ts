/** How far a download is, how fast, and how long it will take. */

export interface DownloadProgress {
  readonly phase: 'downloading' | 'checking';
  /** The file at hand. */
  readonly file: string;
  /** Over all files of the download. The total is 0 while nobody knows it. */
  readonly bytesDone: number;
  readonly bytesTotal: number;
  /** Over the last seconds; 0 at first. */
  readonly bytesPerSecond: number;
  /** Infinity while it cannot be known. */
  readonly secondsLeft: number;
}

/** Awaited, so that no report is overtaken by the end of the download. */
export type ProgressReport = (progress: DownloadProgress) => void | Promise<void>;

/** Seconds over which the speed is averaged: long enough not to flicker, short enough to follow. */
const WINDOW_SECONDS = 5;

/** Measures speed from (time, bytes) pairs of the last seconds. */
export class SpeedMeter {
  private marks: { seconds: number; bytes: number }[] = [];

  /** Notes that `bytes` have arrived in total; returns bytes per second. */
  at(seconds: number, bytes: number): number {
    this.marks.push({ seconds, bytes });
    const oldest = seconds - WINDOW_SECONDS;
    // The last mark before the window stays, as the window's left edge.
    while (this.marks.length > 2 && this.marks[1]!.seconds <= oldest) this.marks.shift();
    const first = this.marks[0]!;
    return seconds > first.seconds ? (bytes - first.bytes) / (seconds - first.seconds) : 0;
  }
}

/** Counts bytes over several files and reports at most some ten times a second. */
export class ProgressCounter {
  private readonly meter = new SpeedMeter();
  private readonly done = new Map<string, number>();
  private readonly totals = new Map<string, number>();
  private lastReport = -Infinity;
  private readonly report: ProgressReport;
  private readonly now: () => number;

  /** `now` gives seconds. */
  constructor(report: ProgressReport, now: () => number) {
    this.report = report;
    this.now = now;
  }

  /** A file's size has become known. */
  expect(file: string, bytes: number): void {
    this.totals.set(file, bytes);
  }

  /** `bytes` of this file are here or, while checking, have been looked at. */
  async reach(
    file: string,
    bytes: number,
    phase: DownloadProgress['phase'] = 'downloading',
  ): Promise<void> {
    if (phase === 'downloading') this.done.set(file, bytes);
    const sum = (counts: Iterable<number>): number => [...counts].reduce((a, b) => a + b, 0);
    const seconds = this.now();
    const bytesDone = sum(this.done.values());
    const bytesTotal = sum(this.totals.values());
    const ended = bytes === this.totals.get(file);
    if (seconds - this.lastReport < 0.1 && !ended) return;
    this.lastReport = seconds;
    const bytesPerSecond = this.meter.at(seconds, bytesDone);
    const left = Math.max(0, bytesTotal - bytesDone);
    const secondsLeft = left === 0 ? 0 : bytesPerSecond > 0 ? left / bytesPerSecond : Infinity;
    await this.report({ phase, file, bytesDone, bytesTotal, bytesPerSecond, secondsLeft });
  }
}
