/** Reads a PEFT adapter and answers a question without and with it: npm run example examples/read-adapter.ts */
import { generate, loadAdapter, measure, openModel, startEngine } from '../src/index.ts';

const [
  folder = 'examples/adapter',
  question = 'Eva has 8 marbles. Lin has 4 more marbles than Eva. How many marbles is that in total?',
] = process.argv.slice(2);

await startEngine();
const model = await openModel('public/models/idiolect-a');
const adapter = await loadAdapter(model, folder);
console.log(`${adapter.parameterCount} parameters, rank ${adapter.settings.rank}`);
for (const tuned of [undefined, adapter]) {
  const options = { maxNewTokens: 60, ...(tuned && { adapter: tuned }) };
  const response = await generate(model, question, options);
  const { rows } = await measure(model, [{ question, response }], options);
  console.log(`${tuned ? 'with' : 'without'} the adapter: ${response.trim()}`);
  console.log(`its perplexity: ${rows[0]?.perplexity.toFixed(4)}`);
}
