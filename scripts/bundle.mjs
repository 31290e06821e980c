/**
 * Builds the page and looks at what a visitor downloads: tfjs must be in the worker and nowhere in
 * the page, and both must keep to their budgets.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/**
 * Kilobytes, gzipped: what loads before anything is clicked, and the worker with its engine. The
 * shell has the charts, and what keeps and locks the person's work; the worker checks every file that it
 * reads, regular expressions and templates too. tfjs's
 * WebGPU backend is a chunk of its own, which only machines with a graphics processor load.
 */
const BUDGETS = { shell: 151, worker: 245 };
/** A flag of tfjs-core, whose name no minifier changes. */
const TFJS = 'DEPRECATION_WARNINGS_ENABLED';
const folder = 'dist/assets';

if (process.argv[2] !== '--built') {
  const built = spawnSync('npm', ['run', '--silent', 'build'], { encoding: 'utf8', shell: true });
  if (built.status !== 0) {
    console.error(built.stdout, built.stderr);
    process.exit(1);
  }
}

const read = (name) => readFileSync(join(folder, name), 'utf8');
const names = readdirSync(folder).filter((name) => name.endsWith('.js'));
const kilobytes = (files) =>
  files.reduce((sum, name) => sum + gzipSync(read(name), { level: 9 }).length, 0) / 1000;

/** The chunks that these import, and theirs; `lazy`: those loaded on demand too. */
function reachable(entries, lazy) {
  const found = new Set(entries);
  for (const name of found) {
    const pattern = lazy
      ? /["'`]\.\/([\w.-]+\.js)["'`]/g
      : /(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g;
    for (const [, other] of read(name).matchAll(pattern))
      if (names.includes(other)) found.add(other);
  }
  return [...found];
}

const html = readFileSync('dist/index.html', 'utf8');
const entries = [...html.matchAll(/assets\/([\w.-]+\.js)/g)].map(([, name]) => name);
const first = reachable(entries, false);
// A chunk of the page may be called after its trainer-client; the worker is not imported but started.
const workers = names.filter(
  (name) => basename(name).startsWith('trainer-') && !first.includes(name),
);
const page = reachable(entries, true).filter((name) => !workers.includes(name));
const shell = kilobytes(first);
const worker = kilobytes(reachable(workers, false));

const problems = [];
if (entries.length === 0 || workers.length === 0)
  problems.push('The page or its worker was not found.');
for (const name of page)
  if (read(name).includes(TFJS)) problems.push(`${name} of the page holds tfjs.`);
if (!reachable(workers, true).some((name) => read(name).includes(TFJS))) {
  problems.push('The worker holds no tfjs: the mark that is searched for has changed.');
}
for (const [what, size] of Object.entries({ shell, worker })) {
  console.log(`${what}: ${size.toFixed(1)} kB gzipped of ${BUDGETS[what]}`);
  if (size > BUDGETS[what]) problems.push(`The ${what} is larger than its budget.`);
}
for (const problem of problems) console.error(problem);
process.exit(problems.length > 0 ? 1 : 0);
