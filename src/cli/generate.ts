/** npm run generate: one answer from a model, with or without an adapter. */
import { UsageError } from '../errors.ts';
import { defaultsOf, problemsOf } from '../fields.ts';
import { samplingFields, type SamplingSettings } from '../generate/config.ts';
import { answerOne } from '../workflows/generate/answer-one.ts';
import { numberOf, textOf } from './arguments.ts';
import { nodeHost } from './node-host.ts';
import { modelOptions, openAdapter, openCommandModel } from './open-model.ts';
import { runCommand } from './run-command.ts';

const command = {
  name: 'generate',
  summary: 'Answers one question. Greedy unless a temperature is given.',
  options: {
    ...modelOptions,
    adapter: { value: 'DIR', help: 'answer with this PEFT adapter applied' },
    prompt: { value: 'TEXT', help: 'the question', required: true },
    system: { value: 'TEXT', help: 'a system turn before it' },
    'max-new-tokens': { value: 'N', help: 'longest answer', default: '128' },
    temperature: { value: 'X', help: 'draw at this temperature instead of taking the likeliest' },
    'top-k': { value: 'N', help: 'draw among the k likeliest', default: '0' },
    'top-p': {
      value: 'X',
      help: 'draw among the likeliest that have this probability',
      default: '1',
    },
    seed: { value: 'N', help: 'the same seed draws the same answer', default: '0' },
  },
};

await runCommand(command, async (values) => {
  const question = textOf(values, 'prompt');
  if (question === undefined) throw new UsageError('--prompt is missing.');
  const system = textOf(values, 'system');
  const turn = (role: string, content: string) => ({ role, content });
  const conversation = {
    messages: [...(system === undefined ? [] : [turn('system', system)]), turn('user', question)],
  };
  const temperature = numberOf(values, 'temperature');
  const sampling: SamplingSettings = {
    ...defaultsOf(samplingFields),
    greedy: temperature === undefined,
    ...(temperature !== undefined && { temperature }),
    topK: numberOf(values, 'top-k')!,
    topP: numberOf(values, 'top-p')!,
    maxNewTokens: numberOf(values, 'max-new-tokens')!,
    seed: numberOf(values, 'seed')!,
  };
  const problems = problemsOf(samplingFields, sampling);
  if (problems.length > 0) throw new UsageError('These options cannot be used.', problems);
  const { opened, prompt } = await openCommandModel(values);
  const adapterPath = textOf(values, 'adapter');
  const adapter = adapterPath === undefined ? undefined : await openAdapter(opened, adapterPath);
  let written = 0;
  const write = (text: string) => {
    process.stdout.write(text.slice(written));
    written = Math.max(written, text.length);
  };
  const answer = await answerOne(
    { opened, prompt, adapter },
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
  process.stdout.write('\n');
  process.stderr.write(`${answer.tokens} tokens, ${answer.tokensPerSecond.toFixed(1)} tokens/s\n`);
});
