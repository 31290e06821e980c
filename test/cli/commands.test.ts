/** npm run measure, train and generate: what they print, write and end with. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readRecord } from '../../src/exchange/familiarity-record/read.ts';
import { startHub } from '../storage/hub-server.ts';
import { run, temporaryFolder, writeAnswers } from './run.ts';

let folder: string;
let answers: string;
const one = ['--threads', '1'];
beforeAll(() => {
  folder = temporaryFolder();
  answers = writeAnswers(folder, 'apples.json', 6);
});

const readMeasured = (path: string) => readRecord(readFileSync(path, 'utf8'), path);

describe('measure', () => {
  it('prints the table and writes every row and the four means', async () => {
    const out = join(folder, 'measured.json');
    const other = writeAnswers(folder, 'more.json', 3);
    const args = ['--responses', answers, other, '--rows', '5', '--out', out, ...one];
    const { code, stdout } = await run('measure', args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^set +n +median +geometric +by token +mean +tokens$/m);
    expect(stdout).toMatch(/^apples +5 /m);
    expect(stdout).toMatch(/^more +3 /m);
    const { sets, settings, model, adapter } = readMeasured(out);
    expect(settings.encoding).toBe('separate');
    expect(model).toMatchObject({ id: 'idiolect-a', revision: null, precision: 'as-stored' });
    expect(adapter).toBeNull();
    const { rows, averages } = sets[0]!;
    expect(rows).toHaveLength(5);
    for (const row of rows) {
      expect(row.prompt_tokens).toBeGreaterThan(0);
      expect(row.perplexity).toBeCloseTo(Math.exp(row.nll_sum! / row.response_tokens), 9);
      expect(row.end_nll).toBeGreaterThan(0);
      expect(row.nll).toHaveLength(row.response_tokens + 1);
    }
    const perplexities = rows.map(({ perplexity }) => perplexity!).sort((a, b) => a - b);
    const total = (key: 'nll_sum' | 'response_tokens') =>
      rows.reduce((sum, row) => sum + row[key]!, 0);
    expect(averages.median).toBe(perplexities[2]);
    expect(averages.arithmetic_mean).toBeCloseTo(perplexities.reduce((a, b) => a + b) / 5, 9);
    expect(averages.geometric_mean).toBeCloseTo(
      Math.exp(perplexities.map(Math.log).reduce((a, b) => a + b) / 5),
      9,
    );
    expect(averages.token_weighted).toBeCloseTo(
      Math.exp(total('nll_sum') / total('response_tokens')),
      9,
    );
  });

  it('leaves questions out by their ids, and says which ids no question has', async () => {
    const ids = join(folder, 'ids.txt');
    const args = ['--responses', 'public/data/a.jsonl', '--rows', '3', '--json', ...one];
    const whole = readRecord((await run('measure', args)).stdout, 'stdout');
    const [first, second, third] = whole.sets[0]!.rows;
    writeFileSync(ids, JSON.stringify([third!.id, 'nobody']));
    const left = await run('measure', [...args, '--exclude', first!.id, '--exclude-file', ids]);
    const record = readRecord(left.stdout, 'stdout');
    expect(record.sets[0]!.rows).toEqual([second]);
    expect(record.excluded).toEqual([first!.id, third!.id, 'nobody']);
    expect(left.stderr).toMatch(/Notice \(excluded\): 3 questions are left out by hand\./);
    expect(left.stderr).toMatch(
      /Notice \(doubtful\): No question has one of the ids .* \(nobody\)/,
    );
  });

  it('measures once more in style, and says when too few own answers are right', async () => {
    const out = join(folder, 'style.json');
    const style = ['--style-examples', '1', '--out', out, ...one];
    const enough = await run('measure', ['--responses', 'public/data/a.jsonl', ...style]);
    expect(enough.code, enough.stderr).toBe(0);
    expect(enough.stdout).toMatch(/ tokens +median in style$/m);
    const { style: measuredStyle, sets } = readMeasured(out);
    expect(measuredStyle!.examples).toBe(1);
    expect(measuredStyle!.own_answers.filter(({ right }) => right).length).toBeGreaterThanOrEqual(
      2,
    );
    const { averages, in_style } = sets[0]!;
    expect(in_style!.rows).toHaveLength(120);
    expect(enough.stdout).toContain(in_style!.averages.median!.toFixed(4));
    expect(in_style!.averages.median).not.toBe(averages.median);

    const few = await run('measure', ['--responses', answers, ...style]);
    expect(few.code, few.stderr).toBe(0);
    expect(few.stdout).toMatch(/^apples +6 .* –$/m);
    expect(few.stderr).toContain('No question has a right final answer in the data');
    const none = await run('measure', ['--responses', answers, '--style-examples', '0']);
    expect(none.code).toBe(2);
    expect(none.stderr).toContain('--style-examples: expected');
  });

  it('takes a model of the hub by its id, and the second time without the hub', async () => {
    const names = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];
    const hub = await startHub(
      Object.fromEntries(
        names.map((name) => [name, readFileSync(`public/models/idiolect-b/${name}`)]),
      ),
    );
    const args = ['--responses', answers, '--rows', '2', ...one];
    const cache = { IDIOLECT_CACHE: join(folder, 'cache'), HF_ENDPOINT: hub.url };
    const first = await run('measure', ['--model', 'owner/name', ...args], cache);
    const requests = hub.requests.length;
    await hub.close();
    expect(first.stderr).toContain('owner/name, wasm');
    expect(first.code).toBe(0);
    expect(requests).toBeGreaterThan(3);
    const again = await run('measure', ['--model', 'owner/name@main', ...args], cache);
    expect(again).toMatchObject({ code: 0, stdout: first.stdout });
    const local = await run('measure', ['--model', 'public/models/idiolect-b', ...args]);
    expect(local.stdout).toBe(first.stdout);
    const missing = await run(
      'measure',
      ['--model', 'owner/other', '--hub', hub.url, ...args],
      cache,
    );
    expect(missing.code).toBe(1);
    expect(missing.stderr).toMatch(/DownloadError/);
  });
});

describe('generate', () => {
  it('answers greedily, the same each time', async () => {
    const args = ['--prompt', 'Tom has 3 apples and gets 2 more. How many apples has Tom?'];
    const [first, second] = [await run('generate', [...args, ...one]), await run('generate', args)];
    expect(first.code).toBe(0);
    expect(first.stdout.trim()).not.toBe('');
    expect(second.stdout).toBe(first.stdout);
  });
});

it.each(['measure', 'train', 'generate'])(
  '%s explains itself, and names every wrong option',
  async (command) => {
    const [help, wrong] = await Promise.all([
      run(command, ['--help']),
      run(command, ['--no-such', '--model']),
    ]);
    expect(help.code).toBe(0);
    expect(help.stdout).toContain(`Usage: idiolect ${command} `);
    expect(help.stdout).toContain('--model DIR|FILE.gguf|ID');
    const { code, stderr } = wrong;
    expect(code).toBe(2);
    expect(stderr).toContain('--no-such: no such option.');
    expect(stderr).toContain('--model needs DIR|FILE.gguf|ID.');
    expect(stderr).toMatch(/--(responses FILE|prompt TEXT).* is missing\./);
  },
);

describe('exit codes', () => {
  it('is 2 for values that no run can have, all named', async () => {
    const wrong = ['--rank', '0', '--lr', 'much', '--schedule', 'wavy'];
    const { code, stderr } = await run('train', [
      '--responses',
      answers,
      '--out',
      folder,
      ...wrong,
    ]);
    expect(code).toBe(2);
    for (const option of ['--rank: expected', '--lr: expected', '--schedule: expected one of']) {
      expect(stderr).toContain(option);
    }
  });

  it('is 1 for files that cannot be used, which it names', async () => {
    const broken = join(folder, 'broken.json');
    writeFileSync(broken, '[{"question": "?"');
    const cases: [string[], string][] = [
      [['--responses', broken], 'broken.json'],
      [['--responses', join(folder, 'none.json')], 'none.json: there is no such file'],
      [['--responses', folder], 'is a folder, and a file is needed'],
      [['--responses', answers, '--model', './none'], 'there is no file or folder ./none'],
      [['--responses', answers, '--adapter', './none'], 'there is no folder ./none'],
    ];
    const ended = await Promise.all(cases.map(([args]) => run('measure', [...args, ...one])));
    ended.forEach(({ code, stderr }, i) => {
      expect(stderr).toContain(cases[i]![1]);
      expect(code).toBe(1);
    });
  });

  it('is 1 for a prompt that the model has no room for', async () => {
    const { code, stderr } = await run('generate', ['--prompt', 'apples '.repeat(600), ...one]);
    expect(stderr).toMatch(/The prompt has \d+ tokens; the model reads 256 at most/);
    expect(code).toBe(1);
  });

  it('is 1 for layers the model does not have, and lists those it has', async () => {
    const args = ['--responses', answers, '--out', join(folder, 'x'), '--targets', 'q_proj,c_attn'];
    const { code, stderr } = await run('train', args);
    expect(stderr).toContain('No layer of the model is called c_attn.');
    expect(stderr).toContain('down_proj, gate_proj, k_proj, o_proj, q_proj, up_proj, v_proj');
    expect(code).toBe(1);
  });
});
