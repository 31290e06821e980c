/** Web Locks of one browser, and tabs of it that can be closed or crash with locks in their hands. */
import { tabOwners, type Owners } from '../../src/storage/owner.ts';

export interface FakeTab {
  owners: Owners;
  /** Gives up every lock at once, as a closed or crashed tab does. */
  close: () => void;
}

export function fakeLocks(): { tab: () => FakeTab } {
  /** name → the tab that holds it, and who waits for it */
  const held = new Map<string, FakeTab>();
  const waiting: { name: string; start: () => void }[] = [];
  const release = (name: string): void => {
    held.delete(name);
    const at = waiting.findIndex((one) => one.name === name);
    if (at >= 0) waiting.splice(at, 1)[0]!.start();
  };
  const tab = (): FakeTab => {
    let closed = false;
    const request = (
      name: string,
      { ifAvailable }: LockOptions,
      work: (lock: Lock | null) => unknown,
    ): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const start = (): void => {
          held.set(name, self);
          Promise.resolve(work({ name, mode: 'exclusive' }))
            .finally(() => {
              if (!closed) release(name);
            })
            .then(resolve, reject);
        };
        if (!held.has(name)) start();
        else if (ifAvailable === true) Promise.resolve(work(null)).then(resolve, reject);
        else waiting.push({ name, start });
      });
    const query = () =>
      Promise.resolve({ held: [...held.keys()].map((name) => ({ name })), pending: [] });
    const self: FakeTab = {
      owners: tabOwners({ request, query } as unknown as LockManager),
      close() {
        closed = true;
        for (const [name, holder] of [...held]) if (holder === self) release(name);
      },
    };
    return self;
  };
  return { tab };
}
