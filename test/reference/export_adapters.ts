/**
 * Writes the adapters that PEFT is to open: node --import tsx export_adapters.ts, then
 * check_adapter.py for each folder of ../fixtures/exported.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { startEngine } from '../support/engines.ts';
import { exportedAdapter, exportedFiles, exports } from '../support/exported-adapters.ts';

await startEngine('cpu');
for (const name of Object.keys(exports)) {
  const folder = new URL(`../fixtures/exported/${name}/`, import.meta.url);
  await mkdir(folder, { recursive: true });
  const { model, adapter } = await exportedAdapter(name);
  for (const { name: file, bytes } of await exportedFiles(model, adapter)) {
    if (file !== 'README.md') await writeFile(new URL(file, folder), bytes);
  }
}
