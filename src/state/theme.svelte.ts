/** Light, dark, or as the system has it; kept in this browser. */
export type ThemeChoice = 'system' | 'light' | 'dark';

const KEY = 'idiolect/theme';
const ORDER: readonly ThemeChoice[] = ['system', 'light', 'dark'];

export class Theme {
  #choice = $state<ThemeChoice>(stored());
  #systemDark = $state(false);
  /** What is on screen; charts on a canvas read it to know when colors change. */
  readonly shown = $derived.by((): 'light' | 'dark' => {
    if (this.#choice !== 'system') return this.#choice;
    return this.#systemDark ? 'dark' : 'light';
  });

  get choice(): ThemeChoice {
    return this.#choice;
  }

  /** Follows the system's setting. @returns how to stop */
  readonly follow = (): (() => void) => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const change = (): void => {
      this.#systemDark = query.matches;
      this.#show();
    };
    change();
    query.addEventListener('change', change);
    return () => query.removeEventListener('change', change);
  };

  /** The next of system, light, dark. */
  readonly next = (): void => {
    this.#choice = ORDER[(ORDER.indexOf(this.#choice) + 1) % ORDER.length]!;
    try {
      localStorage.setItem(KEY, this.#choice);
    } catch {
      // Storage is refused: the choice lasts as long as the page.
    }
    this.#show();
  };

  #show(): void {
    document.documentElement.dataset['theme'] = this.shown;
  }
}

function stored(): ThemeChoice {
  try {
    const choice = localStorage.getItem(KEY);
    return ORDER.find((known) => known === choice) ?? 'system';
  } catch {
    return 'system';
  }
}
