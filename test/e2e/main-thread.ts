/**
 * How long the page's main thread was held by one task: processor time of the thread, from
 * Chromium's own trace, since wall time would count what other programs of the machine took.
 */
import type { Page } from 'playwright-core';

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  /** Microseconds of processor time. */
  tdur?: number;
  args: { name?: string };
}

export interface Tasks {
  /** Longest task, milliseconds of processor time. */
  longest: number;
  /** Tasks seen: 0 would mean that nothing was measured. */
  count: number;
}

/** @returns how to end the measurement */
export async function watchTasks(page: Page): Promise<() => Promise<Tasks>> {
  const devtools = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  devtools.on('Tracing.dataCollected', ({ value }) =>
    events.push(...(value as unknown as TraceEvent[])),
  );
  await devtools.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['disabled-by-default-devtools.timeline', '__metadata'] },
  });
  return async () => {
    const complete = new Promise((resolve) => devtools.once('Tracing.tracingComplete', resolve));
    await devtools.send('Tracing.end');
    await complete;
    const threads = new Set(
      events
        .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
        .map(({ pid, tid }) => `${pid} ${tid}`),
    );
    const times = events
      .filter(({ name, pid, tid }) => name === 'RunTask' && threads.has(`${pid} ${tid}`))
      .map(({ tdur = 0 }) => tdur / 1000);
    return { longest: Math.max(0, ...times), count: times.filter((time) => time > 0).length };
  };
}
