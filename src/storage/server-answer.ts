/** What a server's answer says about a file: whether it is the file at all, which version, how long. */
import { DownloadError } from '../errors.ts';

export interface FileRequest {
  readonly url: string;
  /** As messages and progress show it. */
  readonly name: string;
  /** Where it goes in the store. */
  readonly key: string;
  /** What a listing said beforehand, where there is one. */
  readonly size?: number | undefined;
  readonly sha256?: string | undefined;
  /** Git's id of the content, which the hub lists for small files. */
  readonly gitId?: string | undefined;
}

/** The server has no such file. */
export const MISSING = Symbol('missing');

/** The connection broke; another attempt may succeed. */
export class ConnectionBroken extends Error {}

/** `fetch` and its stream report a broken connection as a TypeError, some browsers as NetworkError. */
export function isConnectionError(error: unknown): error is Error {
  if (error instanceof ConnectionBroken || error instanceof TypeError) return true;
  return error instanceof Error && error.name === 'NetworkError';
}

export interface ServerAnswer {
  readonly tag: string;
  readonly start: number;
  /** Length of the whole file, when the server says. */
  readonly total: number | undefined;
  readonly sha256: string | undefined;
}

/**
 * What an answer says about the file. MISSING for 404 and for web pages; throws a DownloadError when
 * the server refuses or contradicts itself, ConnectionBroken when trying again may help.
 */
export function readAnswer(
  request: FileRequest,
  response: Response,
): ServerAnswer | typeof MISSING {
  const { status, headers } = response;
  const refuse = (reason: string): never => {
    throw new DownloadError(`${request.name}: ${reason}`, [`Address: ${request.url}`]);
  };
  if (status === 404 || status === 410) return MISSING;
  if (status === 429 || status >= 500) throw new ConnectionBroken(`the server answered ${status}`);
  if (status === 401 || status === 403) {
    refuse(
      `the server answers ${status}: the model does not exist, is private, or asks for a license to be accepted.`,
    );
  }
  if (status !== 416 && !response.ok)
    refuse(`the server answered ${status} ${response.statusText}.`);
  if (/text\/html/i.test(headers.get('content-type') ?? '')) return MISSING;

  const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
  const linked = headers.get('x-linked-size');
  const lengths = new Map<string, number>();
  const note = (source: string, value: string | null | undefined): void => {
    if (value != null && /^\d+$/.test(value)) lengths.set(source, Number(value));
  };
  if (request.size !== undefined) lengths.set('the listing', request.size);
  note('x-linked-size', linked);
  note('content-range', range?.[2]);
  // The length of a compressed answer is not the file's, and other pages cannot always see that it
  // was compressed: for texts, which servers like to compress, it proves nothing.
  const compressed = headers.has('content-encoding') || /\.(json|txt|jinja)$/.test(request.name);
  if (status === 200 && !compressed) note('content-length', headers.get('content-length'));
  if (new Set(lengths.values()).size > 1) {
    refuse(
      `the server contradicts itself about the length: ${[...lengths].map(([source, bytes]) => `${source} says ${bytes}`).join(', ')}.`,
    );
  }
  const linkedTag = strip(headers.get('x-linked-etag'));
  return {
    tag: linkedTag || strip(headers.get('etag')) || (headers.get('last-modified') ?? ''),
    start: Number(range?.[1] ?? 0),
    total: [...lengths.values()][0],
    sha256: request.sha256 ?? (/^[0-9a-f]{64}$/.test(linkedTag) ? linkedTag : undefined),
  };
}

/** An ETag without its quotes and the mark of weakness. */
function strip(etag: string | null): string {
  return (etag ?? '').replace(/^W\//, '').replaceAll('"', '');
}

/** Pages that stand in for a missing file often claim to be something else. */
export function looksLikeHtml(bytes: Uint8Array): boolean {
  return /^\s*<(!doctype html|html|head|body)\b/i.test(
    new TextDecoder().decode(bytes.subarray(0, 200)),
  );
}

/** A server that sends nothing for so long has gone, milliseconds. */
export const SILENCE = 60_000;

/** The body as it arrives. Throws ConnectionBroken when nothing comes any more. */
export async function* chunksOf(
  response: Response,
  silence = SILENCE,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { done, value } = await within(silence, reader.read());
      if (done) return;
      yield value;
    }
  } finally {
    // Left early, the rest of the answer must not keep the connection busy.
    await reader.cancel().catch(() => undefined);
  }
}

/** What the promise gives, or ConnectionBroken when it takes longer. */
export async function within<Value>(milliseconds: number, promise: Promise<Value>): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const broken = new ConnectionBroken(`the server sent nothing for ${milliseconds / 1000} s`);
    timer = setTimeout(() => reject(broken), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
