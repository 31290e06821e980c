/** npm run experiment: sets × models × seeds, trained, evaluated, tested and reported. */
import { join, resolve } from 'node:path';
import { experimentCommand } from '../commands/experiment.ts';
import type { ValuesOf } from '../commands/option.ts';
import { UnfinishedError } from '../errors.ts';
import type { StageResult } from '../experiment/run/results.ts';
import { runExperiment, type StageEnd } from '../experiment/run/run.ts';
import { readExperiment, type Experiment } from '../experiment/spec/schema.ts';
import { planExperiment } from '../experiment/spec/plan.ts';
import { experimentBackend } from '../workflows/experiment/experiment-backend.ts';
import {
  experimentResult,
  resultFiles,
  environmentOf,
} from '../workflows/experiment/experiment-result.ts';
import { recordFiles } from '../workflows/experiment/familiarity-records.ts';
import { enginePrecision, openModel } from '../workflows/open/open-model.ts';
import { promptOf } from './open-model.ts';
import { setAside } from './earlier-results.ts';
import { namedExperiment, readExperimentFiles, storedReference } from './experiment-files.ts';
import { nodeHost } from './node-host.ts';
import { startNodeEngine } from './node-engine.ts';
import { takeFolder } from './output-folder.ts';
import { printNotices } from './print-notices.ts';
import { earlierExperiment, openResultFolder } from './result-folder.ts';
import {
  clearProgress,
  duration,
  errorText,
  showProgress,
  type CommandRun,
} from './run-command.ts';
import { printTable } from './text-table.ts';

export const run: CommandRun<typeof experimentCommand> = async (values, frame) => {
  const { argument: name, print } = frame;
  const began = performance.now();
  const experiment = changed(await namedExperiment(name), values, name);
  const out = values.out ?? join('runs', experiment.name);
  await takeFolder(out);
  const earlier = await earlierExperiment(out, values);
  const inputs = await readExperimentFiles(name, experiment, values.hub);
  const { task, models, sets } = inputs;
  printNotices(inputs.notices);
  const engine = await startNodeEngine(experiment.engine, values.threads);
  const prompt = promptOf(values);
  const platform = `Node ${process.versions.node}, ${process.platform} ${process.arch}`;
  const environment = await environmentOf(inputs, engine, prompt, platform);
  await setAside(out, earlier);
  const folder = await openResultFolder(out, experiment, environment.fingerprint);

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
  const stages = runExperiment({
    experiment,
    task,
    files: sets,
    backend,
    store: folder,
    notice: (one) => {
      clearProgress();
      printNotices([one]);
    },
    report: ({ stage, what, done, total }) => {
      const at = total > 0 ? Math.round((100 * done) / total) : 0;
      showProgress(ends.length, plan.length, `${stage.id}: ${what} ${at} %`);
      return Promise.resolve();
    },
  });
  for await (const end of stages) {
    ends.push(end);
    if ('result' in end) results.push(end.result);
    clearProgress();
    const seconds = duration((performance.now() - began) / 1000);
    process.stderr.write(
      `${ends.length}/${plan.length} ${end.stage.id}${outcome(end)}, ${seconds}\n`,
    );
  }

  const result = experimentResult(inputs, results, environment);
  const files = {
    ...resultFiles(result, await storedReference()),
    ...(await recordFiles(result, folder)),
  };
  for (const [file, text] of Object.entries(files)) {
    await folder.writeText(file, text);
  }
  printNotices(result.report.notices);
  for (const table of result.tables) print(`${printTable(table)}\n\n`);
  for (const note of result.report.notes) print(`- ${note}\n`);
  const took = duration((performance.now() - began) / 1000);
  print(`\n${engine.name} (${engine.device}), ${took}; report in ${join(out, 'report.html')}\n`);
  frame.result({ ...result.report, out: resolve(out) });
  if (results.length < plan.length) throw unfinished(ends, out);
};

function outcome(end: StageEnd): string {
  if ('error' in end) return ` failed: ${errorText(end.error)}`;
  if ('without' in end) return ` cannot be done without ${end.without.join(', ')}`;
  return end.kept ? ' (kept)' : '';
}

function unfinished(ends: readonly StageEnd[], out: string): UnfinishedError {
  const failed = ends.flatMap((end) =>
    'error' in end ? [`${end.stage.id} failed: ${errorText(end.error)}`] : [],
  );
  const waiting = ends.filter((end) => 'without' in end).length;
  return new UnfinishedError(
    `${failed.length} of ${ends.length} stages failed, and ${waiting} wait for them; the rest is in ${out}. With the same command and --resume they are tried again.`,
    failed,
  );
}

/** The experiment with what the command line says otherwise, checked again. */
function changed(
  experiment: Experiment,
  { seeds, engine }: ValuesOf<typeof experimentCommand.options>,
  name: string,
): Experiment {
  const merged = {
    ...experiment,
    ...(seeds !== undefined && { seeds: Array.from({ length: seeds }, (_, i) => i + 1) }),
    ...(engine !== undefined && { engine }),
  };
  return readExperiment(merged, name);
}
