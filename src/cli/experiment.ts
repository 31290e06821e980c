/** npm run experiment: sets × models × seeds, trained, evaluated, tested and reported. */
import { join } from 'node:path';
import { IdiolectError, UnfinishedError, UsageError } from '../errors.ts';
import type { StageResult } from '../experiment/run/results.ts';
import { runExperiment, type StageEnd } from '../experiment/run/run.ts';
import { readExperiment, type Experiment } from '../experiment/spec/schema.ts';
import { planExperiment } from '../experiment/spec/plan.ts';
import { experimentBackend } from '../workflows/experiment/experiment-backend.ts';
import {
  experimentResult,
  resultFiles,
  surroundingsOf,
} from '../workflows/experiment/experiment-result.ts';
import { enginePrecision, openModel } from '../workflows/open/open-model.ts';
import { DEFAULT_PLAIN_TEMPLATE } from '../tokenizer/prompt-format.ts';
import { numberOf, textOf, type Values } from './arguments.ts';
import { readExperimentFiles, storedReference } from './experiment-files.ts';
import { nodeHost } from './node-host.ts';
import { startNodeEngine } from './node-engine.ts';
import { modelOptions } from './open-model.ts';
import { printNotices } from './print-notices.ts';
import { openResultFolder } from './result-folder.ts';
import { clearProgress, duration, runCommand, showProgress } from './run-command.ts';
import { printTable } from './text-table.ts';

const command = {
  name: 'experiment',
  summary:
    'Trains models on response sets with several seeds, measures familiarity before and accuracy after, tests the cross-over, and writes report.json and report.html.',
  argument: { name: 'cross-over|quick|all-sets|FILE', help: 'a preset or an experiment file' },
  options: {
    out: { value: 'DIR', help: 'where everything is written (runs/<name>)' },
    resume: { help: 'go on where an earlier run of the same experiment was stopped' },
    hub: modelOptions['hub']!,
    seeds: { value: 'N', help: 'seeds 1 to N instead of the file’s own' },
    engine: { value: 'auto|webgpu|wasm|cpu', help: 'what computes (the file’s own)' },
    threads: { value: 'N', help: 'threads of the CPU engine (all)' },
    'plain-prompt': {
      value: 'TEXT',
      help: 'use this prompt with {question} in it instead of the chat template',
    },
  },
};

await runCommand(command, async (values) => {
  const began = performance.now();
  const name = textOf(values, command.argument.name)!;
  const inputs = await readExperimentFiles(
    name,
    (experiment) => changed(experiment, values, name),
    textOf(values, 'hub'),
  );
  const { experiment, task, models, sets } = inputs;
  printNotices(inputs.notices);
  const engine = await startNodeEngine(experiment.engine, textOf(values, 'threads'));
  const plain = textOf(values, 'plain-prompt');
  const prompt = {
    useChatTemplate: plain === undefined,
    plainTemplate: plain ?? DEFAULT_PLAIN_TEMPLATE,
  };
  const platform = `Node ${process.versions.node}, ${process.platform} ${process.arch}`;
  const surroundings = await surroundingsOf(inputs, engine, prompt, platform);
  const out = textOf(values, 'out') ?? join('runs', experiment.name);
  const resume = values['resume'] === true;
  const folder = await openResultFolder(out, experiment, surroundings.fingerprint, resume);

  const backend = experimentBackend(nodeHost(), {
    prompt,
    memoryLimitBytes: engine.memoryBytes,
    openModel: ({ id, precision = 'as-stored' }) =>
      openModel(models.get(id)!, {
        precision: enginePrecision(engine, precision),
        trainable: false,
        maxTensorBytes: engine.maxTensorBytes,
        report: () => Promise.resolve(),
      }),
  });
  const plan = planExperiment(experiment);
  const results: StageResult[] = [];
  const ends: StageEnd[] = [];
  const run = runExperiment({
    experiment,
    task,
    files: sets,
    backend,
    store: folder,
    report: ({ stage, what, done, total }) => {
      const at = total > 0 ? Math.round((100 * done) / total) : 0;
      showProgress(ends.length, plan.length, `${stage.id}: ${what} ${at} %`);
      return Promise.resolve();
    },
  });
  for await (const end of run) {
    ends.push(end);
    if ('result' in end) results.push(end.result);
    clearProgress();
    const seconds = duration((performance.now() - began) / 1000);
    process.stderr.write(
      `${ends.length}/${plan.length} ${end.stage.id}${outcome(end)}, ${seconds}\n`,
    );
  }

  const result = experimentResult(inputs, results, surroundings);
  for (const [file, text] of Object.entries(resultFiles(result, await storedReference()))) {
    await folder.writeText(file, text);
  }
  printNotices(result.report.notices);
  for (const table of result.tables) process.stdout.write(`${printTable(table)}\n\n`);
  for (const note of result.report.notes) process.stdout.write(`- ${note}\n`);
  const took = duration((performance.now() - began) / 1000);
  process.stdout.write(
    `\n${engine.name} (${engine.device}), ${took}; report in ${join(out, 'report.html')}\n`,
  );
  if (results.length < plan.length) throw unfinished(ends, out);
});

function outcome(end: StageEnd): string {
  if ('error' in end) return ` failed: ${describe(end.error)}`;
  if ('without' in end) return ` cannot be done without ${end.without.join(', ')}`;
  return end.kept ? ' (kept)' : '';
}

/** A person's problem in its own words; a fault of ours with its stack. */
function describe(error: unknown): string {
  if (error instanceof IdiolectError) return `${error.name}: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function unfinished(ends: readonly StageEnd[], out: string): UnfinishedError {
  const failed = ends.flatMap((end) =>
    'error' in end ? [`${end.stage.id} failed: ${describe(end.error)}`] : [],
  );
  const waiting = ends.filter((end) => 'without' in end).length;
  return new UnfinishedError(
    `${failed.length} of ${ends.length} stages failed, and ${waiting} wait for them; the rest is in ${out}. With the same command and --resume they are tried again.`,
    failed,
  );
}

/** The experiment with what the command line says otherwise, checked again. */
function changed(experiment: Experiment, values: Values, name: string): Experiment {
  const seeds = numberOf(values, 'seeds');
  if (seeds !== undefined && !(Number.isInteger(seeds) && seeds >= 1 && seeds <= 1000)) {
    throw new UsageError(`--seeds: expected a whole number from 1 to 1000, got ${seeds}.`);
  }
  const own = {
    ...experiment,
    ...(seeds !== undefined && { seeds: Array.from({ length: seeds }, (_, i) => i + 1) }),
    ...(values['engine'] !== undefined && { engine: values['engine'] }),
  };
  return readExperiment(own, name);
}
