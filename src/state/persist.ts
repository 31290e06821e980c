/** Whether the browser may clear what this page keeps; pages may ask it not to, workers may not. */

let answer: Promise<boolean> | undefined;

/**
 * Asks the browser to keep what this page stores, once while the page is open; called with whatever is
 * kept first that a person would miss.
 * @returns false when the browser declines, which is no error
 */
export function askToPersist(): Promise<boolean> {
  return (answer ??= ask());
}

async function ask(): Promise<boolean> {
  try {
    return await navigator.storage.persist();
  } catch {
    return false;
  }
}
