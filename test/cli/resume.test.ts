/** npm run train, killed and resumed: the same adapter to the byte, every row of metrics once. */
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { run, start, temporaryFolder, writeAnswers, type Started } from './run.ts';

interface MetricsRow {
  step: number;
  loss: number | null;
  validationLoss?: number;
}

let folder: string;
let settings: string[];
const rowsOf = (out: string) =>
  readFileSync(join(out, 'metrics.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as MetricsRow)
    .map(({ step, loss, validationLoss }) => ({ step, loss, validationLoss }));
const weightsOf = (out: string) => readFileSync(join(out, 'adapter_model.safetensors'));
const lineCount = (out: string) => {
  const path = join(out, 'metrics.jsonl');
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0;
};

async function killWhen({ child, ended }: Started, condition: () => boolean): Promise<void> {
  while (!condition() && child.exitCode === null) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  child.kill('SIGKILL');
  expect((await ended).signal).toBe('SIGKILL');
}

function flipBit(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length - 100]! ^= 4;
  writeFileSync(path, bytes);
}

beforeAll(() => {
  folder = temporaryFolder();
  const answers = writeAnswers(folder, 'apples.json', 14);
  // Epochs end between two checks, and dropout draws numbers.
  settings =
    `--responses ${answers} --steps 18 --batch 3 --accumulation 2 --evaluate-every 4 --dropout 0.1 --rank 4 --held-out 0.2 --threads 1`.split(
      ' ',
    );
});

describe('a training run that is killed', () => {
  let whole: string;
  beforeAll(async () => {
    whole = join(folder, 'whole');
    const ended = await run('train', [...settings, '--out', whole]);
    expect(ended.stdout).toMatch(/finished at step 18 of 18/);
    expect(ended.code).toBe(0);
  }, 120_000);

  it('writes the adapter, every step and every setting', () => {
    expect(rowsOf(whole).map(({ step }) => step)).toEqual([...Array(19).keys()]);
    const manifest = JSON.parse(readFileSync(join(whole, 'run.json'), 'utf8')) as object;
    expect(manifest).toMatchObject({
      tensorflow_js: '4.22.0',
      node: process.version,
      model: { id: 'idiolect-a', format: 'f16' },
      engine: { name: 'wasm', threads: 1 },
      encoding: 'separate',
      lora: { rank: 4, alpha: 16, dropout: 0.1 },
      training: { steps: 18, batchSize: 3, accumulation: 2, learningRate: 1e-3, seed: 42 },
      files: { answers: { file: 'apples.json' }, held_out_answers: null },
      outcome: 'finished',
      step: 18,
    });
    expect(JSON.stringify(manifest).match(/"[0-9a-f]{64}"/g)?.length).toBeGreaterThanOrEqual(5);
  });

  it.each([
    ['before the first checkpoint', (out: string) => lineCount(out) >= 1],
    ['after a checkpoint, between two steps', (out: string) => lineCount(out) >= 8],
    ['near the end', (out: string) => lineCount(out) >= 18],
  ])('%s ends the same after --resume', async (_, condition) => {
    const out = temporaryFolder();
    await killWhen(start('train', [...settings, '--out', out]), () => condition(out));
    const { code, stderr } = await run('train', [...settings, '--out', out, '--resume']);
    expect(code, stderr).toBe(0);
    expect(weightsOf(out).equals(weightsOf(whole))).toBe(true);
    expect(rowsOf(out)).toEqual(rowsOf(whole));
  });

  it('is resumed twice, killed in between, and once more when all is done', async () => {
    const out = temporaryFolder();
    await killWhen(start('train', [...settings, '--out', out]), () => lineCount(out) >= 7);
    const again = [...settings, '--out', out, '--resume'];
    await killWhen(start('train', again), () => lineCount(out) >= 14);
    for (let i = 0; i < 2; i++) {
      expect((await run('train', again)).code).toBe(0);
      expect(weightsOf(out).equals(weightsOf(whole))).toBe(true);
      expect(rowsOf(out)).toEqual(rowsOf(whole));
    }
  });

  it('finds its logs in the checkpoint when the files are gone or cut', async () => {
    const out = temporaryFolder();
    await killWhen(start('train', [...settings, '--out', out]), () => lineCount(out) >= 10);
    rmSync(join(out, 'answers.jsonl'));
    writeFileSync(join(out, 'metrics.jsonl'), '{"step": 0, "loss"');
    expect((await run('train', [...settings, '--out', out, '--resume'])).code).toBe(0);
    expect(rowsOf(out)).toEqual(rowsOf(whole));
    expect(readFileSync(join(out, 'answers.jsonl'), 'utf8')).toBe(
      readFileSync(join(whole, 'answers.jsonl'), 'utf8'),
    );
  });

  it('goes on from the checkpoint before when the last is damaged, and from none in silence', async () => {
    const out = temporaryFolder();
    await killWhen(start('train', [...settings, '--out', out]), () => lineCount(out) >= 14);
    const names = ['checkpoint.safetensors', 'checkpoint.previous.safetensors'];
    flipBit(join(out, names[0]!));
    const again = await run('train', [...settings, '--out', out, '--resume']);
    expect(again.code, again.stderr).toBe(0);
    expect(again.stderr).toMatch(
      /last checkpoint cannot be used[^]*checkpoint\.safetensors is damaged/,
    );
    expect(weightsOf(out).equals(weightsOf(whole))).toBe(true);
    expect(rowsOf(out)).toEqual(rowsOf(whole));
    for (const name of names) flipBit(join(out, name));
    const refused = await run('train', [...settings, '--out', out, '--resume']);
    expect(refused.code).toBe(1);
    for (const name of names) expect(refused.stderr).toContain(`${name} is damaged`);
  });

  it('is taken up on another engine, which it says', async () => {
    const out = temporaryFolder();
    cpSync(whole, out, { recursive: true });
    const again = [...settings, '--out', out, '--resume', '--engine', 'cpu'];
    const { code, stderr } = await run('train', again);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('begun on the CPU engine and goes on on plain JavaScript');
    expect(weightsOf(out).equals(weightsOf(whole))).toBe(true);
  });

  it('is not resumed with anything changed: all of it is listed, nothing is touched', async () => {
    const before = weightsOf(whole);
    const rows = rowsOf(whole);
    const other = writeAnswers(folder, 'others.json', 12);
    const changed = [
      ...settings,
      '--out',
      whole,
      '--resume',
      '--lr',
      '0.01',
      '--model',
      'idiolect-b',
    ];
    changed[1] = other;
    const { code, stderr } = await run('train', changed);
    expect(code).toBe(1);
    expect(stderr).toContain('learningRate: 0.001 in the checkpoint, 0.01 now.');
    for (const fact of ['model_weights', 'answers', 'held_out_answers']) {
      expect(stderr).toMatch(new RegExp(`${fact}: [0-9a-f]+ in the checkpoint, [0-9a-f]+ now`));
    }
    expect(weightsOf(whole).equals(before)).toBe(true);
    expect(rowsOf(whole)).toEqual(rows);
  });
});
