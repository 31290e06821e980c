/** Runs in the page before its own scripts, and notes how long its main thread is not free. */
(() => {
  let longest = 0;
  let long = 0;
  let gap = 0;
  let last = performance.now();
  const note = (entries) => {
    for (const { duration } of entries) {
      longest = Math.max(longest, duration);
      long++;
    }
  };
  const observer = new PerformanceObserver((list) => note(list.getEntries()));
  observer.observe({ entryTypes: ['longtask'] });
  // The browser reports tasks from 50 ms only; turns of the event loop show shorter ones too.
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    const now = performance.now();
    gap = Math.max(gap, now - last);
    last = now;
    setTimeout(() => port2.postMessage(0), 2);
  };
  port2.postMessage(0);
  window.mainThread = {
    reset() {
      observer.takeRecords();
      longest = long = gap = 0;
      last = performance.now();
    },
    read() {
      note(observer.takeRecords());
      return {
        longest_task_ms: longest > 0 ? longest : Math.min(gap, 50),
        tasks_over_50_ms: long,
        longest_gap_ms: gap,
      };
    },
  };
})();
