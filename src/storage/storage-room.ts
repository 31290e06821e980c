/** How much the browser lets this page keep, and for how long. */

export interface StorageRoom {
  readonly usedBytes: number;
  readonly quotaBytes: number;
  /** Whether the browser has promised not to clear the files by itself. */
  readonly persistent: boolean;
}

/** How much may be stored; undefined where the browser does not say. */
export async function storageRoom(): Promise<StorageRoom | undefined> {
  try {
    const { usage = 0, quota = 0 } = await navigator.storage.estimate();
    return { usedBytes: usage, quotaBytes: quota, persistent: await navigator.storage.persisted() };
  } catch {
    return undefined;
  }
}
