/** What the library needs of a browser: files by their address, the hub's files kept where the page may. */
import { DataError } from '../errors.ts';
import { bytesSource, type ByteSource } from '../storage/byte-source.ts';
import { fetchEmbeddedModel } from '../storage/embedded.ts';
import { HUB_URL } from '../storage/config.ts';
import { isHubId } from '../storage/hub-id.ts';
import { downloadHubModel, parseHubId } from '../storage/hub.ts';
import type { ModelFiles } from '../storage/model-files.ts';
import { openStore, type OpenedStore } from '../storage/opfs-store.ts';

export const platformName = navigator.userAgent;

/** One store: what it has checked it does not read through again. */
let opened: Promise<OpenedStore> | undefined;

/** The address of a folder in Hugging Face layout, or owner/name[@revision] on the hub. @throws DownloadError */
export async function modelFilesAt(where: string): Promise<ModelFiles> {
  if (isHubId(where)) {
    const { store } = await (opened ??= openStore());
    return downloadHubModel(parseHubId(where), { store, baseUrl: HUB_URL });
  }
  const folder = new URL(where, location.href).href.replace(/\/+$/, '');
  const at = folder.lastIndexOf('/');
  return fetchEmbeddedModel(decodeURIComponent(folder.slice(at + 1)), folder.slice(0, at));
}

/** A file by its address; undefined when it is not there. */
export async function fileAt(path: string): Promise<ByteSource | undefined> {
  const answer = await fetch(path);
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw new DataError(`${path}: the server answered ${answer.status}.`);
  return bytesSource(path, new Uint8Array(await answer.arrayBuffer()));
}

/** An address that is meant from the file or folder `base`. */
export function pathFrom(base: string, path: string): string {
  return new URL(path, new URL(base, location.href)).href;
}
