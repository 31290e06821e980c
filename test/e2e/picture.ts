/** The README's picture, of the built page: `npx tsx test/e2e/picture.ts`. */
import { openPage } from './page.ts';

const opened = await openPage({ width: 1280, height: 980 });
const { page } = opened;
await page.emulateMedia({ colorScheme: 'light' });
await page.click('[data-action="measure"]:not([disabled])', { timeout: 60_000 });
await page.getByText('Measure again').waitFor({ timeout: 120_000 });
await page.locator('#familiarity').getByText('95 % interval').waitFor({ timeout: 60_000 });
await page.evaluate(() => document.getElementById('familiarity')!.scrollIntoView());
await page.waitForTimeout(1000);
await page.screenshot({ path: 'docs/idiolect.png' });
await opened.close();
