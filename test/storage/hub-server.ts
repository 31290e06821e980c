/** A server on this machine with the hub's addresses, and faults to order. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HubFile {
  content: Uint8Array;
  /** Sent instead of the plain file, for this many requests (all when left out). */
  fault?: (request: IncomingMessage, response: ServerResponse, file: Uint8Array) => void;
  faults?: number;
  headers?: Record<string, string>;
}

export interface HubServer {
  readonly url: string;
  readonly files: Map<string, HubFile>;
  /** Whether `/api/models/…/tree/…` exists. */
  listed: boolean;
  /** Files of other revisions than `main`, by the revision's name. */
  readonly revisions: Map<string, Map<string, HubFile>>;
  /** Path and Range of each request for a file. */
  readonly requests: { file: string; range: string | undefined }[];
  close(): Promise<void>;
}

type Contents = Readonly<Record<string, Uint8Array | string>>;

/** Serves `owner/name` at revision `main`, and at others that are given by name. */
export async function startHub(
  files: Contents,
  revisions: Readonly<Record<string, Contents>> = {},
): Promise<HubServer> {
  const hub: Omit<HubServer, 'url' | 'close'> = {
    files: hubFiles(files),
    revisions: new Map(
      Object.entries(revisions).map(([name, contents]) => [name, hubFiles(contents)]),
    ),
    listed: true,
    requests: [],
  };
  const server: Server = createServer((request, response) => answer(hub, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(hub, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
}

function hubFiles(contents: Contents): Map<string, HubFile> {
  return new Map(
    Object.entries(contents).map(([name, content]) => [
      name,
      { content: typeof content === 'string' ? new TextEncoder().encode(content) : content },
    ]),
  );
}

function answer(
  hub: Omit<HubServer, 'url' | 'close'>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const path = request.url ?? '';
  const filesAt = (revision = '') =>
    revision === 'main' ? hub.files : hub.revisions.get(decodeURIComponent(revision));
  const listed = filesAt(/^\/api\/models\/owner\/name\/tree\/([^/]+)$/.exec(path)?.[1]);
  if (hub.listed && listed !== undefined) {
    sendJson(response, list(listed));
    return;
  }
  const [, revision, name = ''] = /^\/owner\/name\/resolve\/([^/]+)\/(.+)$/.exec(path) ?? [];
  const file = filesAt(revision)?.get(name);
  if (file === undefined) {
    response.writeHead(404, { 'content-type': 'text/html' });
    response.end('<!doctype html><title>Not here</title>');
    return;
  }
  const { range } = request.headers;
  hub.requests.push({ file: name, range });
  if (file.fault !== undefined && (file.faults ?? 1) > 0) {
    if (file.faults !== undefined) file.faults--;
    file.fault(request, response, file.content);
    return;
  }
  sendFile(request, response, file.content, file.headers);
}

function list(files: ReadonlyMap<string, HubFile>): object[] {
  return [...files].map(([path, { content }]) => ({
    type: 'file',
    path,
    size: content.length,
    oid: createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex'),
    ...(path.endsWith('.safetensors') && {
      lfs: { oid: createHash('sha256').update(content).digest('hex'), size: content.length },
    }),
  }));
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

/** The whole file, or the rest of it from a Range. */
export function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  content: Uint8Array,
  headers: Record<string, string> = {},
): void {
  const from = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
  const etag = `"${createHash('sha1').update(content).digest('hex')}"`;
  const common = { 'content-type': 'application/octet-stream', etag, ...headers };
  if (from === undefined) {
    response.writeHead(200, { 'content-length': content.length, ...common });
    response.end(content);
  } else if (Number(from) >= content.length) {
    response.writeHead(416, { 'content-range': `bytes */${content.length}` });
    response.end();
  } else {
    const range = `bytes ${from}-${content.length - 1}/${content.length}`;
    const rest = content.subarray(Number(from));
    response.writeHead(206, { 'content-range': range, 'content-length': rest.length, ...common });
    response.end(rest);
  }
}

/** Promises the whole file, sends its beginning and breaks the connection. */
export function cutAfter(bytes: number): NonNullable<HubFile['fault']> {
  return (request, response, content) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const etag = `"${createHash('sha1').update(content).digest('hex')}"`;
    const range = { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` };
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': content.length - from,
      etag,
      ...(from > 0 && range),
    });
    response.write(content.subarray(from, from + bytes), () => {
      // Let the bytes leave before the connection goes.
      setImmediate(() => response.destroy());
    });
  };
}
