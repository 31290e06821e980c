/** Lets a worker thread read TypeScript, which it does not inherit, before it runs batches. */
import { register } from 'tsx/esm/api';

register();
await import('./batch.ts');
