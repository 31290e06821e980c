/** npm run generate: one answer from a model, with or without an adapter. */
import { generateCommand } from '../commands/generate.ts';
import { settingsFrom } from '../commands/settings.ts';
import { StoppedError } from '../errors.ts';
import type { SamplingSettings } from '../generate/config.ts';
import { answerOne } from '../workflows/generate/answer-one.ts';
import { nodeHost } from './node-host.ts';
import { openAdapter, openCommandModel } from './open-model.ts';
import { printNotices } from './print-notices.ts';
import type { CommandRun } from './run-command.ts';

export const run: CommandRun<typeof generateCommand> = async (values, { print, result }) => {
  const { prompt: question, system } = values;
  const turn = (role: string, content: string) => ({ role, content });
  const conversation = {
    messages: [...(system === undefined ? [] : [turn('system', system)]), turn('user', question)],
  };
  const sampling: SamplingSettings = {
    ...settingsFrom('sampling', generateCommand.options, values),
    greedy: values.temperature === undefined,
  };
  const { opened, engine, openedWith, prompt } = await openCommandModel(values);
  const adapterPath = values.adapter;
  const adapter = adapterPath === undefined ? undefined : await openAdapter(opened, adapterPath);
  printNotices([...openedWith.notices, ...(adapter?.notices ?? [])]);
  let written = 0;
  const write = (text: string) => {
    print(text.slice(written));
    written = Math.max(written, text.length);
  };
  const answer = await answerOne(
    { opened, prompt, adapter: adapter?.applied },
    nodeHost(),
    conversation,
    sampling,
    ({ text }) => {
      // A character may be spread over two tokens; its first half is held back.
      write(text.replace(/\uFFFD+$/, ''));
      return Promise.resolve();
    },
  );
  write(answer.text);
  print('\n');
  process.stderr.write(`${answer.tokens} tokens, ${answer.tokensPerSecond.toFixed(1)} tokens/s\n`);
  result({
    model: opened.id,
    files_sha256: opened.filesHash,
    weights_sha256: opened.weightsHash,
    adapter: adapterPath ?? null,
    engine: engine.name,
    prompt_settings: prompt,
    sampling,
    messages: conversation.messages,
    response: answer.text,
    response_tokens: answer.tokens,
    tokens_per_second: answer.tokensPerSecond,
    stopped: answer.stopped,
  });
  if (answer.stopped === 'asked') throw new StoppedError('Interrupted.');
};
