import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where commands keep what can be had again: IDIOLECT_CACHE, or the usual place of caches. */
export function cacheFolder(): string {
  const { IDIOLECT_CACHE, XDG_CACHE_HOME } = process.env;
  return IDIOLECT_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'idiolect');
}
