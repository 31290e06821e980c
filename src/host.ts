/** What long work asks of where it runs: page worker, command or test. */

export interface Host {
  /** Milliseconds of a steady clock. */
  now(): number;
  /** Whether the person asked to stop; long work asks between two steps, batches or tokens. */
  stopRequested(): boolean;
  /** Lets messages in: a stop can only arrive between two steps. */
  breathe(): Promise<void>;
  /** Bytes taken from the machine for tensors. */
  memoryBytes(): number;
}
