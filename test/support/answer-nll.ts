/** The rows of the cases under a model: Σ NLL of each answer in nats, one row a batch. */
import { askedAlone } from '../../src/data/response-set.ts';
import { readFile } from 'node:fs/promises';
import { tidy } from '@tensorflow/tfjs-core';
import { loadModel } from '../../models/load.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import { tokenLosses } from '../../src/forward/token-losses.ts';
import type { LoraAdapter } from '../../src/lora/adapter.ts';
import { bytesSource, textSource, type ByteSource } from '../../src/storage/byte-source.ts';
import { readModelFiles } from '../../src/storage/model-files.ts';
import type { NamedTensor } from '../../src/storage/tensor-file.ts';
import { createPromptFormat } from '../../src/tokenizer/prompt-format.ts';
import { encodePair } from '../../src/tokenizer/encode-pair.ts';
import { openTokenizer } from '../../src/tokenizer/tokenizer.ts';
import { fixtureBytes } from './fixtures.ts';

const MODEL = 'public/models/idiolect-a';
const FILES = [
  'config.json',
  'generation_config.json',
  'model.safetensors',
  'tokenizer.json',
  'tokenizer_config.json',
];

/** Changes to the embedded model before it is opened. */
export interface ModelChange {
  config?: unknown;
  tensors?: (tensors: Map<string, NamedTensor>) => void;
}

/** The embedded model's files, by name. */
export async function embeddedFiles(): Promise<Map<string, ByteSource>> {
  const files = FILES.map(
    async (name) => [name, bytesSource(name, await readFile(`${MODEL}/${name}`))] as const,
  );
  return new Map(await Promise.all(files));
}

export async function changedModel({ config, tensors }: ModelChange = {}): Promise<LanguageModel> {
  const files = await embeddedFiles();
  if (config !== undefined) {
    files.set('config.json', textSource('config.json', JSON.stringify(config)));
  }
  const opened = await readModelFiles({ id: 'case', files });
  const changed = new Map(opened.tensors.tensors);
  tensors?.(changed);
  return loadModel(
    { ...opened, tensors: { ...opened.tensors, tensors: changed } },
    { precision: 'f32', trainable: false, maxTensorBytes: Number.POSITIVE_INFINITY },
  );
}

export async function answerNll(model: LanguageModel, adapter?: LoraAdapter): Promise<number[]> {
  const texts = new Map<string, string>();
  for (const [name, file] of await embeddedFiles()) {
    if (!name.endsWith('.json')) continue;
    texts.set(name, new TextDecoder().decode(await file.read(0, file.size)));
  }
  const tokenizer = openTokenizer(texts);
  const format = createPromptFormat(tokenizer, { useChatTemplate: true, plainTemplate: '' });
  const lines = new TextDecoder().decode(await fixtureBytes('cases/models/rows.jsonl'));
  const sums: number[] = [];
  for (const line of lines.trim().split('\n')) {
    const { question, response } = JSON.parse(line) as { question: string; response: string };
    const pair = encodePair(
      tokenizer,
      format,
      { conversation: askedAlone(question), response },
      {
        ...{ encoding: 'separate', lossOn: 'last-assistant' },
      },
    );
    const targets = [...pair.tokens.keys()].slice(pair.promptLength);
    const losses = tidy(
      () =>
        tokenLosses(
          model,
          {
            tokens: Int32Array.from(pair.tokens),
            batch: 1,
            time: pair.tokens.length,
            lengths: Int32Array.of(pair.tokens.length),
            examples: Int32Array.of(0),
            rows: Int32Array.from(targets, (position) => position - 1),
            targets: Int32Array.from(targets, (position) => pair.tokens[position]!),
            exampleOf: new Int32Array(targets.length),
            positionOf: Int32Array.from(targets),
          },
          { adapter },
          false,
        ).nll,
    );
    sums.push([...(await losses.data())].reduce((sum, loss) => sum + loss, 0));
    losses.dispose();
  }
  return sums;
}
