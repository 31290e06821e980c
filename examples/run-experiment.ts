/** Runs an experiment file and prints its tables: npm run example examples/run-experiment.ts FILE.json */
import { writeFile } from 'node:fs/promises';
import { runExperiment, startEngine } from '../src/index.ts';

const [file = 'examples/experiment.json', report] = process.argv.slice(2);

await startEngine();
const { tables, files } = await runExperiment(file, {
  models: 'public/models',
  onProgress: (done, total) => process.stderr.write(`${done} of ${total} stages\n`),
});
for (const { title, columns, rows } of tables) {
  console.log(title);
  console.table(
    rows.map((row) => Object.fromEntries(columns.map(({ name }, i) => [name, row[i]]))),
  );
}
if (report !== undefined) await writeFile(report, files['report.html'] ?? '');
