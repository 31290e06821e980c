/**
 * npm test: compiles the kernels, makes sure a Chromium is there, builds the page, and runs the test
 * projects, that of the real model only when its folder is named. Ends with one plain line,
 * "N passed, N failed".
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromiumPath } from '../test/support/chromium.mjs';

const run = (command, args, options = {}) =>
  spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32', ...options });

if (chromiumPath() === '') installChromium();
if (run('npm', ['run', '--silent', 'build']).status !== 0) {
  console.log('The page does not build.\n0 passed, 1 failed');
  process.exit(1);
}

const out = join(mkdtempSync(join(tmpdir(), 'idiolect-test-')), 'results.json');
let passed = 0;
let failed = 0;
for (const project of ['unit', 'page', 'components', 'commands', 'gpu', 'e2e', 'real-model']) {
  if (project === 'real-model' && !process.env['IDIOLECT_SMOLLM2_DIR']) {
    console.log('SmolLM2-135M-Instruct: skipped, IDIOLECT_SMOLLM2_DIR does not name its folder.');
    continue;
  }
  rmSync(out, { force: true });
  const status = run('npx', [
    'vitest',
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${out}`,
  ]).status;
  const results = existsSync(out) ? JSON.parse(readFileSync(out, 'utf8')) : undefined;
  const counted = results && results.numTotalTests > 0;
  if (counted) {
    passed += results.numPassedTests;
    failed += results.numFailedTests;
    // Anything skipped counts as failed: a test that did not run proved nothing.
    failed += results.numTotalTests - results.numPassedTests - results.numFailedTests;
  }
  // No test, or a broken file: that is a failure of its own.
  if (!counted || (status !== 0 && results.numFailedTests === 0)) {
    console.log(`The ${project} tests did not run.`);
    failed++;
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

/** On Debian and Ubuntu, as root, the package is one command away; elsewhere a person has to do it. */
function installChromium() {
  const isRoot = process.getuid?.() === 0;
  if (process.platform === 'linux' && isRoot && existsSync('/usr/bin/apt-get')) {
    console.log('No Chromium found; installing the Debian package.');
    run('apt-get', ['update', '-qq']);
    run('apt-get', ['install', '-y', '-qq', 'chromium']);
  }
  if (chromiumPath() === '') {
    console.log(
      'The tests need Chromium: install it (Debian: sudo apt-get install chromium), or set CHROMIUM_PATH.\n0 passed, 1 failed',
    );
    process.exit(1);
  }
}
