/** Where a model comes from → its files, with progress, a stop, and what the browser keeps. */
import { DataError, ModelFileError } from '../src/errors.ts';
import { groupDroppedFiles } from '../src/storage/dropped-files.ts';
import { fetchEmbeddedModel } from '../src/storage/embedded.ts';
import { downloadHubModel } from '../src/storage/hub.ts';
import type { ModelFiles } from '../src/storage/model-files.ts';
import { openStore, type OpenedStore } from '../src/storage/opfs-store.ts';
import type { LoadProgress, ModelSource } from './protocol.ts';
import type { Notice } from '../src/notices.ts';

let opened: Promise<OpenedStore> | undefined;

/** The browser's place for models, or memory with a word why. */
export function modelStore(): Promise<OpenedStore> {
  return (opened ??= openStore());
}

export interface SourceOptions {
  report: (progress: LoadProgress) => Promise<void>;
  signal: AbortSignal;
  onNotice: (notice: Notice) => void;
}

export async function modelFilesOf(
  source: ModelSource,
  { report, signal, onNotice }: SourceOptions,
): Promise<ModelFiles> {
  const download = { signal, onProgress: report, onNotice };
  switch (source.kind) {
    case 'embedded':
      return fetchEmbeddedModel(source.id, source.baseUrl, download);
    case 'files':
      return droppedModel(source.files);
    case 'hub': {
      const { store, notice: refused } = await modelStore();
      if (refused !== undefined) onNotice(refused);
      const { id, revision, baseUrl } = source;
      return downloadHubModel({ id, revision }, { ...download, store, baseUrl });
    }
  }
}

function droppedModel(files: readonly { path: string; file: File }[]): ModelFiles {
  const groups = groupDroppedFiles(files);
  const models = groups.filter(({ kind }) => kind === 'model' || kind === 'gguf');
  const [model, ...others] = models.length > 0 ? models : groups;
  if (!model) throw new DataError('Nothing was dropped.');
  if (others.length > 0 && models.length > 1) {
    throw new DataError(
      'More than one model was dropped; bring one.',
      models.map(({ id }) => id),
    );
  }
  if (model.missing.length > 0) {
    throw new ModelFileError(`${model.id} cannot be opened as a model.`, model.missing);
  }
  return model;
}

/** Whether both lead to the same model. */
export function sameSource(a: ModelSource, b: ModelSource): boolean {
  const facts = (source: ModelSource) =>
    source.kind === 'files'
      ? source.files.map(({ path, file }) => [path, file.size, file.lastModified])
      : source;
  return JSON.stringify(facts(a)) === JSON.stringify(facts(b));
}
