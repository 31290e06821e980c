/**
 * Workers under the page's content policy. One that is fetched has only the policy of its own
 * response, and static hosts send none; one that starts from a blob has that of who started it.
 */

/** @param url of a module worker; relative ones are meant from here */
export function startWorker(url: string | URL): Worker {
  const entry = `import ${JSON.stringify(new URL(url, import.meta.url).href)};`;
  const blob = new Blob([entry], { type: 'text/javascript' });
  // Kept for the worker's sake: when it reads its first line differs among browsers.
  return new Worker(URL.createObjectURL(blob), { type: 'module' });
}
