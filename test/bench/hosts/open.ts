/** Opening hosts by what an entry says, and the page server they share. */
import type { ViteDevServer } from 'vite';
import type { Entry, Host } from '../contender.ts';
import { openChromiumHost, readAdapter, serveBenchPage, type Adapter } from './chromium.ts';
import { fetchNanoGpt } from './fetch-nanogpt.ts';
import { openNodeHost } from './node.ts';
import { openPythonHost } from './python.ts';

export interface Hosts {
  /** @throws CannotRun with the reason */
  open(entry: Entry): Promise<Host>;
  adapter(): Promise<Adapter>;
  close(): Promise<void>;
}

export async function openHosts(): Promise<Hosts> {
  const server: ViteDevServer = await serveBenchPage();
  const url = `${server.resolvedUrls!.local[0]!}test/bench/page/index.html`;
  return {
    async open({ contender, engine, where }) {
      if (contender === 'nanogpt') await fetchNanoGpt();
      if (where === 'node') return openNodeHost(contender, engine);
      if (where === 'python') return openPythonHost();
      return openChromiumHost(url, contender, engine);
    },
    adapter: () => readAdapter(url),
    close: () => server.close(),
  };
}
