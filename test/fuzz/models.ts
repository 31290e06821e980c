/** Everything that reads a model's files: settings, weights, tokenizers, templates, adapters, checkpoints. */
import { readFile } from 'node:fs/promises';
import fc, { type Arbitrary } from 'fast-check';
import { checkModel } from '../../models/load.ts';
import { readPeftAdapter } from '../../src/exchange/peft-read.ts';
import type { AdaptedModel } from '../../src/exchange/peft-match.ts';
import { parseJson } from '../../src/json-text.ts';
import { bytesSource, textSource, type ByteSource } from '../../src/storage/byte-source.ts';
import { readModelFiles, type ModelContents } from '../../src/storage/model-files.ts';
import { readSafetensors } from '../../src/storage/safetensors.ts';
import { readFloat32, type TensorFile } from '../../src/storage/tensor-file.ts';
import { openChatTemplate } from '../../src/tokenizer/chat-template.ts';
import { createPromptFormat } from '../../src/tokenizer/prompt-format.ts';
import { openTokenizer } from '../../src/tokenizer/tokenizer.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/train/checkpoint-file.ts';
import { openFixtureModel } from '../support/fixtures.ts';
import { FAMILIES, templateOf, textsOf } from '../tokenizer/fixtures.ts';
import { faultyBytes, faultyJson, faultyTexts } from './mutate.ts';
import { target, type FuzzTarget } from './target.ts';

const fixtures = new URL('../fixtures/', import.meta.url);
const bytesOf = async (path: string) => new Uint8Array(await readFile(new URL(path, fixtures)));
const jsonOf = async (path: string): Promise<unknown> =>
  JSON.parse(await readFile(new URL(path, fixtures), 'utf8'));

const ID = 'fuzzed-model';

async function readTensors({ tensors }: TensorFile): Promise<void> {
  for (const tensor of tensors.values()) await readFloat32(tensor);
}

const FAMILY_NAMES = [
  'llama',
  'llama3',
  'qwen2',
  'qwen3',
  'mistral',
  'gpt2',
  'gpt_neox',
  'gpt_neo',
];
const models = await Promise.all(FAMILY_NAMES.map(openFixtureModel));

const config = target({
  name: 'model-config',
  fileName: ['config.json', ID],
  cases: fc
    .nat(models.length - 1)
    .chain((index) => fc.tuple(fc.constant(models[index]!), faultyJson(models[index]!.config))),
  read: async ([model, text]: [ModelContents, string]) =>
    checkModel({ ...model, id: ID, config: parseJson(text, 'config.json') }),
});

/** A safetensors file whose header is JSON with faults and whose lengths are right for it. */
function withFaultyHeader(bytes: Uint8Array): Arbitrary<Uint8Array> {
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  return faultyJson(header).map((text) => {
    const json = new TextEncoder().encode(text);
    const file = new Uint8Array(8 + json.length + bytes.length - 8 - length);
    new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
    file.set(json, 8);
    file.set(bytes.subarray(8 + length), 8 + json.length);
    return file;
  });
}

const llamaBytes = await bytesOf('models/llama/model.safetensors');
const adapterBytes = await bytesOf('adapters/llama/adapter_model.safetensors');

const safetensors = target({
  name: 'safetensors',
  fileName: ['x.safetensors', 'model.layers'],
  cases: fc.oneof(faultyBytes(adapterBytes), withFaultyHeader(llamaBytes)),
  read: async (bytes: Uint8Array) =>
    readTensors(await readSafetensors(bytesSource('x.safetensors', bytes))),
});

const shards = new Map<string, ByteSource>(
  await Promise.all(
    ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'].map(
      async (name) => [name, bytesSource(name, await bytesOf(`models/mistral/${name}`))] as const,
    ),
  ),
);
const mistralConfig = await jsonOf('models/mistral/config.json');

const index = target({
  name: 'safetensors-index',
  fileName: ['model.safetensors.index.json', ID],
  cases: faultyJson(await jsonOf('models/mistral/model.safetensors.index.json')),
  read: async (text) => {
    const files = new Map([
      ...shards,
      ['config.json', textSource('config.json', JSON.stringify(mistralConfig))],
      ['model.safetensors.index.json', textSource('model.safetensors.index.json', text)],
    ]);
    await checkModel(await readModelFiles({ id: ID, files }));
  },
});

/** The description of a GGUF file is where faults matter: most of them are put there. */
const ggufHead = 24_000;
const ggufs = await Promise.all(
  ['q4_0', 'q8_0-rope-freqs', 'f16'].map((name) => bytesOf(`gguf/${name}.gguf`)),
);

const gguf = target({
  name: 'gguf',
  fileName: ['x.gguf', ID, 'config.json', 'tokenizer', 'model.layers', 'chat template'],
  cases: fc.oneof(
    faultyBytes(ggufs[0]!),
    ...ggufs.map((bytes) =>
      faultyBytes(bytes.slice(0, ggufHead)).map((head) => {
        const file = new Uint8Array(head.length + bytes.length - ggufHead);
        file.set(head);
        file.set(bytes.subarray(ggufHead), head.length);
        return file;
      }),
    ),
  ),
  read: async (bytes: Uint8Array) => {
    const files = new Map([['x.gguf', bytesSource('x.gguf', bytes)]]);
    const model = await readModelFiles({ id: ID, files });
    await checkModel(model);
    useTokenizer(model.texts);
    await readTensors(model.tensors);
  },
});

const TEXT = 'Don’t stop: 12345 naïve 一龥 😀\n\n  constructor __proto__ <s> done…';
const chat = {
  messages: [
    { role: 'system', content: 'Be brief, and say so whenever you are not.' },
    { role: 'user', content: 'What is 2 + 2?' },
    { role: 'assistant', content: 'It is 4.' },
    { role: 'user', content: 'And 3 + 3?' },
  ],
};

function useTokenizer(texts: ReadonlyMap<string, string>): void {
  const tokenizer = openTokenizer(texts);
  const ids = tokenizer.encode(TEXT, { addSpecialTokens: true });
  tokenizer.decode(ids, { skipSpecialTokens: false });
  for (const id of [...ids.slice(0, 8), -1, tokenizer.vocabSize]) tokenizer.token(id);
  const format = createPromptFormat(tokenizer, {
    useChatTemplate: true,
    plainTemplate: '{question}',
  });
  if (format.kind === 'chat') format.prompt(chat);
}

const TOKENIZER_FILES = [
  'tokenizer.json',
  'tokenizer_config.json',
  'generation_config.json',
] as const;
const generation = { eos_token_id: [1, 2], bos_token_id: 1, temperature: 0.7, stop_strings: null };
const tokenizerSets = FAMILIES.map((family, i) => {
  const texts = textsOf(family);
  const settings = JSON.parse(texts.get('tokenizer_config.json')!) as object;
  const template = templateOf(['chatml', 'llama3', 'zephyr', 'generation'][i % 4]!);
  return {
    'tokenizer.json': JSON.parse(texts.get('tokenizer.json')!) as unknown,
    'tokenizer_config.json': { ...settings, chat_template: template },
    'generation_config.json': generation,
  };
});

const tokenizer = target({
  name: 'tokenizer',
  fileName: ['tokenizer', ...TOKENIZER_FILES, 'chat template', 'plain prompt'],
  cases: fc.nat(tokenizerSets.length - 1).chain((i) =>
    fc.record({
      sound: fc.constant(tokenizerSets[i]!),
      file: fc.constantFrom(TOKENIZER_FILES[0], ...TOKENIZER_FILES),
      faults: fc.tuple(...TOKENIZER_FILES.map((file) => faultyParts(tokenizerSets[i]![file]))),
    }),
  ),
  read: ({ sound, file: broken, faults }) => {
    useTokenizer(
      new Map(
        TOKENIZER_FILES.map((file, i) => [
          file,
          file === broken ? faults[i]! : JSON.stringify(sound[file]),
        ]),
      ),
    );
  },
});

/** Of a tokenizer.json the rules, which are few beside the tokens, have as many faults as all of it. */
function faultyParts(value: unknown): Arbitrary<string> {
  const { model, ...rules } = value as Record<string, unknown>;
  if (model === undefined) return faultyJson(value);
  const around = (text: string) =>
    `${text.trimEnd().slice(0, -1)},"model":${JSON.stringify(model)}}`;
  const { vocab, merges, ...settings } = model as Record<string, unknown>;
  const small = {
    ...settings,
    vocab: Object.fromEntries(Object.entries(vocab as object).slice(0, 300)),
    merges: (merges as unknown[]).slice(0, 12),
  };
  return fc.oneof(
    faultyJson(value),
    faultyJson(rules).map(around),
    faultyJson({ ...rules, model: small }),
  );
}

const sources = [
  'chatml',
  'llama3',
  'zephyr',
  'mistral',
  'qwen3-thinking',
  'tools-chatml',
  'generation',
  'dated',
].map(templateOf);
/** Expressions and blocks that are well formed and mean anything. */
const pieces = fc.array(
  fc.constantFrom(
    ...[
      '{{ s }}',
      '{{ s ~ s }}',
      '{% set s = s ~ s %}',
      '{% set s = [s, s] %}',
      '{{ range(n) | join(s) }}',
    ],
    ...[
      '{% for i in range(99999) %}',
      '{% for m in messages %}',
      '{% endfor %}',
      '{% if loop.first %}',
      '{% endif %}',
    ],
    ...[
      '{% macro f(x) %}',
      '{{ f(f(1)) }}',
      '{{ f(x) }}',
      '{% endmacro %}',
      '{% set n = n * 10 %}',
      '{% set n = 7 %}',
    ],
    ...[
      '{{ m.constructor }}',
      '{{ s | tojson(indent=n) }}',
      '{{ s | replace("a", s) }}',
      '{{ s.replace("", s) }}',
    ],
    ...[
      '{% set o = namespace(s=s) %}',
      '{% set o.s = o %}',
      '{{ o.s | tojson }}',
      '{{ messages | tojson | indent(n) }}',
    ],
    ...[
      '{{ s[::n] }}',
      '{{ messages | map(attribute="content") | join(s) }}',
      '{{ strftime_now(s) }}',
      '{{ -n ** n }}',
    ],
    ...[
      '{% generation %}',
      '{% endgeneration %}',
      '{% break %}',
      '{{ s | sort }}',
      '{{ s.split(s) }}',
      'text',
    ],
  ),
  { maxLength: 14 },
);

const template = target({
  name: 'chat-template',
  fileName: ['chat template'],
  cases: fc.oneof(
    faultyTexts(...sources),
    pieces.map((all) => `{% set s = "aab" %}{% set n = 3 %}${all.join('')}`),
  ),
  read: (source) => {
    const opened = openChatTemplate(new Map([['default', source]]), {
      bos_token: '<s>',
      eos_token: '</s>',
    });
    opened.render(chat, { addGenerationPrompt: true });
    opened.renderMarked(chat, { addGenerationPrompt: false });
  },
});

/** What an adapter is compared with, as far as its tensors say it. */
const llama = models[0]!.tensors.tensors;
const adapted: AdaptedModel = {
  linears: [...llama.values()].flatMap(({ name, shape: [rows = 0, columns = 0] }) =>
    name.endsWith('_proj.weight')
      ? [
          {
            name,
            weight: { columns, rows } as AdaptedModel['linears'][number]['weight'],
            projections: [{ path: name.slice(0, -'.weight'.length), start: 0, end: rows }],
          },
        ]
      : [],
  ),
  replaceable: new Map(),
  projectionValues: async (path) => readFloat32(llama.get(`${path}.weight`)!),
  fanInFanOut: false,
  format: 'f32',
};
const adapterConfigs = await Promise.all(
  ['llama', 'llama-regex', 'llama-rslora-patterns'].map(async (name) =>
    jsonOf(`adapters/${name}/adapter_config.json`),
  ),
);

const adapter = target({
  name: 'adapter',
  fileName: ['adapter', 'model.layers'],
  cases: fc.oneof(
    fc.tuple(faultyJson(...adapterConfigs), fc.constant(adapterBytes)),
    fc.tuple(fc.constant(JSON.stringify(adapterConfigs[0])), withFaultyHeader(adapterBytes)),
  ),
  read: async ([settings, weights]: [string, Uint8Array]) =>
    readPeftAdapter(
      new Map([
        ['adapter_config.json', textSource('adapter_config.json', settings)],
        ['adapter_model.safetensors', bytesSource('adapter_model.safetensors', weights)],
      ]),
      adapted,
    ),
});

const checkpointBytes = await encodeCheckpoint({
  facts: { learningRate: 0.001, method: 'lora' },
  updates: 3,
  progress: {
    step: 3,
    cursor: { epoch: 0, position: 3 },
    tokensSeen: 30,
    examplesSeen: 3,
    elapsedSeconds: 1,
    lossSum: 1,
    lossWeight: 1,
    gradientNorm: 1,
    reportedStep: 3,
  },
  history: { reports: [], checks: [] },
  parameters: new Map([['a', { shape: [2, 2], values: new Float32Array(4) }]]),
  moments: new Map([['a', [new Float32Array(4), new Float32Array(4)]]]),
});

const checkpoint = target({
  name: 'checkpoint',
  fileName: ['checkpoint.safetensors'],
  cases: fc.oneof(faultyBytes(checkpointBytes), withFaultyHeader(checkpointBytes)),
  read: async (bytes: Uint8Array) =>
    decodeCheckpoint('checkpoint.safetensors', Uint8Array.from(bytes)),
});

export const targets: readonly FuzzTarget[] = [
  config,
  safetensors,
  index,
  gguf,
  tokenizer,
  template,
  adapter,
  checkpoint,
];
