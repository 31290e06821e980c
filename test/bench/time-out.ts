/** Work that may hang. */
import { CannotRun } from './contender.ts';

/** @throws CannotRun after that many seconds */
export async function inTime<Value>(seconds: number, work: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new CannotRun(`took longer than ${seconds} s`)),
      1000 * seconds,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
