/** What components hand to the browser's downloads. */
import { vi } from 'vitest';

export interface Download {
  name: string;
  blob: Blob;
}

/** The file that `act` saves; nothing reaches the disk. */
export async function downloadOf(act: () => void): Promise<Download> {
  return new Promise((resolve, reject) => {
    const click = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (
      this: HTMLAnchorElement,
    ) {
      click.mockRestore();
      // Asked for before the address is given up.
      fetch(this.href)
        .then((response) => response.blob())
        .then((blob) => resolve({ name: this.download, blob }), reject);
    });
    act();
  });
}
