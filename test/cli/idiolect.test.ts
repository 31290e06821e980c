/** `idiolect` as a person meets it: from any folder, by npm too, in words and with the right exit code. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { run, start, temporaryFolder, writeAnswers } from './run.ts';

const project = process.cwd();
const one = ['--threads', '1'];
let folder: string;
const inFolder = (command: string, args: readonly string[], env = {}) =>
  run(command, args, env, folder);
beforeAll(() => {
  folder = temporaryFolder();
  writeAnswers(folder, 'apples.json', 4);
});

describe('from another folder', () => {
  it('reads and writes where the person stands', async () => {
    const args = ['--responses', 'apples.json', '--out', 'new/measured.json', ...one];
    const { code, stderr } = await inFolder('measure', args);
    expect(code, stderr).toBe(0);
    expect(existsSync(join(folder, 'new/measured.json'))).toBe(true);
  });

  it('does so too when npm starts it in the project', () => {
    const args = ['run', '--silent', 'measure', '--', '--responses', 'apples.json', '--rows', '2'];
    const out = ['--out', 'by-npm.json', ...one];
    const { status, stdout, stderr } = spawnSync('npm', ['--prefix', project, ...args, ...out], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, INIT_CWD: undefined },
    });
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/^apples +2 /m);
    expect(existsSync(join(folder, 'by-npm.json'))).toBe(true);
    expect(existsSync(join(project, 'by-npm.json'))).toBe(false);
  });

  it('trains, answers with the adapter, and keeps to its own tsconfig', async () => {
    // One that would break the sources, were it read.
    writeFileSync(join(folder, 'tsconfig.json'), '{"compilerOptions": {"target": "es5"}, broken');
    const args = ['--responses', 'apples.json', '--out', 'run', '--steps', '2', '--json', ...one];
    const trained = await inFolder('train', args);
    expect(trained.code, trained.stderr).toBe(0);
    expect(JSON.parse(trained.stdout)).toMatchObject({
      outcome: 'finished',
      step: 2,
      out: join(folder, 'run'),
    });
    const question = ['--prompt', 'Tom has 3 apples. How many?', '--adapter', 'run'];
    const said = await inFolder('generate', [...question, '--max-new-tokens', '8', ...one]);
    const json = await inFolder('generate', [
      ...question,
      '--max-new-tokens',
      '8',
      '--json',
      ...one,
    ]);
    expect(json.code, json.stderr).toBe(0);
    const answer = JSON.parse(json.stdout) as { response: string; adapter: string };
    expect(answer.adapter).toBe('run');
    expect(said.stdout).toBe(`${answer.response}\n`);
  });

  it('runs an experiment beside its file', async () => {
    writeAnswers(folder, 'set.json', 6);
    writeFileSync(
      join(folder, 'test.jsonl'),
      [1, 2, 3]
        .map(
          (n) =>
            `{"question": "Ann has ${n} pears?", "response": "Answer: ${n}", "gold": "${n}"}\n`,
        )
        .join(''),
    );
    const experiment = {
      version: 1,
      name: 'pears',
      models: [{ id: 'idiolect-a' }],
      task: { kind: 'files', answers: { kind: 'world' }, test: 'test.jsonl' },
      sets: [{ id: 'set', kind: 'file', path: 'set.json' }],
      seeds: [1],
      training: { steps: 2 },
      evaluation: { maxNewTokens: 4, divergenceQuestions: 1 },
    };
    writeFileSync(join(folder, 'pears.json'), JSON.stringify(experiment));
    const { code, stdout, stderr } = await inFolder('experiment', ['pears.json', '--json', ...one]);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      experiment: { name: 'pears' },
      out: join(folder, 'runs/pears'),
    });
    expect(readdirSync(join(folder, 'runs/pears'))).toContain('report.html');
  });
});

it('prints one JSON document of the measurement, and the words elsewhere', async () => {
  const args = ['--responses', 'apples.json', '--json', ...one];
  const { code, stdout, stderr } = await inFolder('measure', args);
  expect(code, stderr).toBe(0);
  expect(typeof JSON.parse(stdout)).toBe('object');
  expect(stderr).toMatch(/^apples +4 /m);
});

describe('exit codes', () => {
  it('is 0 for help and version', async () => {
    const [version, help, about] = await Promise.all([
      run('--version', []),
      run('--help', []),
      run('help', ['measure']),
    ]);
    const { version: stated } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      version: string;
    };
    expect([version.code, help.code, about.code]).toEqual([0, 0, 0]);
    expect(version.stdout).toBe(`${stated}\n`);
    expect(help.stdout).toContain('Exit codes:');
    expect(about.stdout).toContain('Usage: idiolect measure --responses FILE...');
  });

  it('is 2 for a command that does not exist, with the nearest, and for a wrong option', async () => {
    const [unknown, none, wrong] = await Promise.all([
      run('mesure', []),
      start('', []).ended,
      run('train', ['--lr', 'abc']),
    ]);
    expect([unknown.code, none.code, wrong.code]).toEqual([2, 2, 2]);
    expect(unknown.stderr).toContain('Did you mean measure?');
    expect(wrong.stderr).toContain('--lr: expected a number from 1e-8 to 1, got "abc".');
    expect(unknown.stdout + wrong.stdout).toBe('');
  });

  it('is 1 for what the operating system refuses, in words', async () => {
    writeFileSync(join(folder, 'taken'), '');
    mkdirSync(join(folder, 'empty'), { recursive: true });
    const train = ['--responses', 'apples.json', '--steps', '1', ...one];
    const cases: [string, string[], RegExp][] = [
      ['train', [...train, '--out', 'taken'], /taken: a file stands where a folder is needed/],
      ['train', ['--responses', 'none.json', '--out', 'x'], /none\.json: there is no such file/],
      ['measure', ['--responses', 'empty'], /empty is a folder, and a file is needed/],
      ['experiment', ['quik'], /neither a file nor a preset .* Did you mean quick\?/],
      ['experiment', ['empty'], /empty: this is a folder/],
      ['model-card', ['--model', 'idiolect-a', '--folder', 'none'], /none: there is no such file/],
    ];
    const ended = await Promise.all(cases.map(([name, args]) => inFolder(name, args)));
    ended.forEach(({ code, stderr }, i) => {
      expect(stderr).toMatch(cases[i]![2]);
      expect(stderr).not.toMatch(/ENOENT|EISDIR|EEXIST|ENOTDIR|\n +at /);
      expect(code, stderr).toBe(cases[i]![1][0] === 'quik' ? 2 : 1);
    });
  });

  it('is 70 for a fault of the program: one line, and the stack only when asked for', async () => {
    // Stands for any fault: something that the program relies on does not do its work.
    const broken = join(folder, 'broken.mjs');
    writeFileSync(
      broken,
      'crypto.subtle.digest = () => { throw new TypeError("x is not a function"); };',
    );
    const args = ['--responses', 'apples.json', ...one];
    const env = { NODE_OPTIONS: `--import ${broken}` };
    const [plain, debug] = await Promise.all([
      inFolder('measure', args, env),
      inFolder('measure', args, { ...env, IDIOLECT_DEBUG: '1' }),
    ]);
    expect([plain.code, debug.code]).toEqual([70, 70]);
    expect(plain.stderr).toMatch(/^Internal error: x is not a function/m);
    expect(plain.stderr).not.toMatch(/\n +at /);
    expect(debug.stderr).toMatch(/\n +at /);
  });

  it('is 130 after Ctrl+C, with what was trained kept', async () => {
    const args = ['--responses', 'apples.json', '--out', 'long', '--steps', '100000', ...one];
    const { child, ended } = start('train', args, {}, folder);
    const metrics = join(folder, 'long/metrics.jsonl');
    while (!existsSync(metrics) || readFileSync(metrics, 'utf8').split('\n').length < 3) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect(code, stderr).toBe(130);
    expect(stderr).toContain('--resume to continue');
    expect(existsSync(join(folder, 'long/checkpoint.safetensors'))).toBe(true);
  });
});
