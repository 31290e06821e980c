/** Where a model comes from → its files, with progress. */
import { DataError } from '../src/errors.ts';
import { blobSource } from '../src/storage/byte-source.ts';
import type { ModelFiles } from '../src/storage/model-files.ts';
import { downloadModel, droppedModel, hubUrl } from '../src/storage/web-files.ts';
import type { LoadProgress, ModelSource } from './protocol.ts';

export async function modelFilesOf(
  source: ModelSource,
  report: (progress: LoadProgress) => Promise<void>,
): Promise<ModelFiles> {
  const options = {
    report: (progress: {
      file: string;
      bytesDone: number;
      bytesTotal: number;
      bytesPerSecond: number;
    }) =>
      report({
        phase: 'downloading',
        ...progress,
        secondsLeft: (progress.bytesTotal - progress.bytesDone) / progress.bytesPerSecond,
      }),
  };
  switch (source.kind) {
    case 'files':
      return droppedModel(source.name, source.files, (path, file) => blobSource(path, file));
    case 'embedded': {
      const base = `${source.baseUrl.replace(/\/+$/, '')}/${source.id}`;
      return downloadModel(source.id, (file) => `${base}/${file}`, options);
    }
    case 'hub':
      return downloadModel(source.id, hubUrl(source.baseUrl, source.id, source.revision), options);
    case 'stored':
      throw new DataError(`The model ${source.id} is not kept in this browser.`);
  }
}
