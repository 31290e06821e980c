/**
 * Comlink sends of a thrown error its name, message and stack. The facts of its class, such as the
 * problems it lists and the step of a divergence, go along with them from here.
 */
import { transferHandlers, type TransferHandler } from 'comlink';

interface Thrown {
  value: unknown;
}
interface Sent {
  isError: boolean;
  value: unknown;
}

/** Call it in the worker before anything is exposed. */
export function sendErrorsWhole(): void {
  const usual = transferHandlers.get('throw') as TransferHandler<Thrown, Sent>;
  const whole: TransferHandler<Thrown, Sent> = {
    ...usual,
    serialize(thrown) {
      const [sent, transferred] = usual.serialize(thrown);
      if (!(thrown.value instanceof Error)) return [sent, transferred];
      const facts = Object.assign({}, thrown.value, sent.value);
      return [{ ...sent, value: facts }, transferred];
    },
  };
  transferHandlers.set('throw', whole);
}
