/** axe's verdict on a page as it stands. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const axeSource = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
);

interface Violation {
  id: string;
  impact: string;
  help: string;
  nodes: { html: string }[];
}

/** One line for each serious or critical finding. */
export async function seriousFindings(page: Page): Promise<string[]> {
  // The page's policy allows no script element, and axe is none of its scripts.
  await page.evaluate(axeSource);
  const violations = await page.evaluate(async () => {
    const axe = (window as unknown as { axe: { run: () => Promise<{ violations: unknown }> } }).axe;
    return (await axe.run()).violations;
  });
  return (violations as Violation[])
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, help, nodes }) =>
        `${id}: ${help} (${nodes.length}×): ${nodes[0]?.html.slice(0, 200) ?? ''}`,
    );
}
