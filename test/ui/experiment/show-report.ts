/** An experiment's report on an otherwise empty page. */
import { flushSync, mount, unmount } from 'svelte';
import { onTestFinished } from 'vitest';
import '../../../src/app.css';
import type { ExperimentReport } from '../../../src/experiment/report/report.ts';
import Report from '../../../src/ui/experiment/ExperimentReport.svelte';
import type { Example } from '../../experiment/example-report.ts';

export interface ShownReport {
  root: HTMLElement;
  /** Fails when there is none. */
  find: (selector: string) => HTMLElement;
  all: (selector: string) => HTMLElement[];
  folds: () => HTMLDetailsElement[];
  button: (name: string) => HTMLButtonElement;
  /** Opens every fold and waits for what is in it. */
  unfold: () => Promise<void>;
}

export function showReport(
  { report, results, task }: Pick<Example, 'report' | 'results' | 'task'>,
  reference?: () => Promise<ExperimentReport>,
): ShownReport {
  const root = document.createElement('main');
  document.body.append(root);
  const { test, retention } = task;
  const questions = { test, retention };
  const app = mount(Report, {
    target: root,
    props: { report, results, questions, ...(reference && { reference }) },
  });
  flushSync();
  onTestFinished(async () => {
    await unmount(app);
    root.remove();
  });
  const all = (selector: string) => [...root.querySelectorAll<HTMLElement>(selector)];
  const folds = () => [...root.querySelectorAll('details')];
  const find = (selector: string): HTMLElement => {
    const found = root.querySelector<HTMLElement>(selector);
    if (found === null) throw new Error(`The report shows no ${selector}.`);
    return found;
  };
  return {
    root,
    find,
    all,
    folds,
    button: (name) => {
      const found = [...root.querySelectorAll('button')].find(
        (control) => (control.ariaLabel ?? control.textContent).trim() === name,
      );
      if (found === undefined) throw new Error(`The report shows no button ${name}.`);
      return found;
    },
    unfold: async () => {
      for (const fold of folds()) {
        const opened = new Promise((resolve) => {
          fold.addEventListener('toggle', resolve, { once: true });
        });
        if (fold.open) continue;
        fold.open = true;
        await opened;
      }
      flushSync();
    },
  };
}
