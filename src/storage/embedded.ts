/** Models that ship with the page, each in a folder of its own. */
import type { ModelFiles } from './model-files.ts';
import { createMemoryStore } from './file-store.ts';
import { ModelDownload, type DownloadOptions } from './model-download.ts';

const REQUIRED = ['config.json', 'tokenizer.json', 'model.safetensors'];
const OPTIONAL = ['tokenizer_config.json', 'generation_config.json'];

/**
 * Fetches an embedded model into memory; the browser's own cache keeps it. `baseUrl` is the
 * folder that holds the models' folders. Throws a DownloadError for missing files.
 */
export async function fetchEmbeddedModel(
  id: string,
  baseUrl: string,
  options: Omit<DownloadOptions, 'store'> = {},
): Promise<ModelFiles> {
  const download = new ModelDownload(`embedded/${id}`, { ...options, store: createMemoryStore() });
  const remote = (name: string): { name: string; url: string } => ({
    name,
    url: `${baseUrl.replace(/\/+$/, '')}/${encodeURIComponent(id)}/${name}`,
  });
  for (const name of OPTIONAL) await download.tryFile(remote(name));
  for (const name of REQUIRED) await download.require(remote(name));
  return { id, files: download.files };
}
