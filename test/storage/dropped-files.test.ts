import { describe, expect, it } from 'vitest';
import { filesOfEntry, filesOfInput, groupDroppedFiles } from '../../src/storage/dropped-files.ts';
import { readText } from '../../src/storage/byte-source.ts';

const drop = (...paths: string[]) => paths.map((path) => ({ path, file: new Blob([path]) }));
const MODEL = ['config.json', 'tokenizer.json', 'model.safetensors'];

describe('groupDroppedFiles', () => {
  it('makes a model of loose files', async () => {
    const [group, ...others] = groupDroppedFiles(drop(...MODEL, 'README.md'));
    expect(others).toEqual([]);
    expect(group).toMatchObject({ kind: 'model', missing: [], ignored: ['README.md'] });
    expect(await readText(group!.files.get('config.json')!)).toBe('config.json');
  });

  it('makes a group of each folder, named after it', () => {
    const paths = MODEL.flatMap((name) => [`models/a/${name}`, `models/b/${name}`]);
    const groups = groupDroppedFiles(
      drop(...paths, 'models/a/additional_chat_templates/tool.jinja', 'models/notes.txt'),
    );
    expect(groups.map(({ id, kind }) => [id, kind])).toEqual([
      ['a', 'model'],
      ['b', 'model'],
    ]);
    expect(groups[0]!.files.has('additional_chat_templates/tool.jinja')).toBe(true);
  });

  it.each([
    [['config.json'], ['tokenizer.json', 'model.safetensors']],
    [['tokenizer.json', 'model.safetensors'], ['config.json']],
    [['config.json', 'vocab.json', 'merges.txt', 'model.safetensors'], []],
    [['config.json', 'tokenizer.json', 'a-1.safetensors'], ['model.safetensors.index.json']],
    [['config.json', 'tokenizer.json', 'model.safetensors.index.json'], []],
  ])('%j lacks %j', (names, missing) => {
    expect(groupDroppedFiles(drop(...names))).toMatchObject([{ kind: 'model', missing }]);
  });

  it('knows adapters and what they lack', () => {
    const whole = drop('adapter_config.json', 'adapter_model.safetensors', 'README.md');
    expect(groupDroppedFiles(whole)).toMatchObject([
      { kind: 'adapter', missing: [], ignored: ['README.md'] },
    ]);
    const [pickle] = groupDroppedFiles(drop('adapter_config.json', 'adapter_model.bin'));
    expect(pickle!.missing.join(' ')).toMatch(
      /adapter_model\.safetensors .*save it as safetensors/,
    );
  });

  it('takes each GGUF file for a model of its own', () => {
    const groups = groupDroppedFiles(drop('m/a.gguf', 'm/b.GGUF', 'm/README.md'));
    expect(groups.map(({ id, kind }) => [id, kind])).toEqual([
      ['a.gguf', 'gguf'],
      ['b.GGUF', 'gguf'],
    ]);
  });

  it('says that nothing can be used', () => {
    expect(groupDroppedFiles(drop('cat.png'))).toMatchObject([
      { kind: 'unknown', ignored: ['cat.png'] },
    ]);
    expect(groupDroppedFiles([])).toEqual([]);
  });
});

describe('where dropped files come from', () => {
  it('walks folders, which are handed out in batches', async () => {
    const file = (path: string) => ({
      isFile: true,
      fullPath: path,
      file: (done: (file: Blob) => void) => done(new Blob([path])),
    });
    const batches = [[file('/m/config.json')], [file('/m/tokenizer.json')], []];
    const folder = {
      isFile: false,
      fullPath: '/m',
      createReader: () => ({ readEntries: (done: (b: unknown) => void) => done(batches.shift()) }),
    } as unknown as FileSystemEntry;
    const found = await filesOfEntry(folder);
    expect(found.map(({ path }) => path)).toEqual(['m/config.json', 'm/tokenizer.json']);
  });

  it('takes the path within a picked folder, or the bare name', () => {
    const plain = Object.assign(new File([], 'a.json'), { webkitRelativePath: '' });
    const inFolder = Object.assign(new File([], 'b.json'), { webkitRelativePath: 'm/b.json' });
    expect(filesOfInput([plain, inFolder]).map(({ path }) => path)).toEqual(['a.json', 'm/b.json']);
  });
});
