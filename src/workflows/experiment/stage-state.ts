/**
 * The file of a stage under way: SHA-256 of all that follows as 64 hexadecimal digits and a line's
 * end, a line of JSON, and the bytes it names, one after the other.
 */
import { DataError } from '../../errors.ts';
import type { StageLogState } from '../../experiment/run/results.ts';
import { sha256Of } from '../../storage/sha256.ts';

const FORMAT = 'idiolect-stage';
const VERSION = 1;
const LINE_END = 10;

interface Head {
  format: string;
  version: number;
  stage: string;
  seconds: number;
  values: StageLogState['values'];
  /** Key, name and length of each. */
  bytes: [string, string, number][];
}

export async function encodeStage(
  stage: string,
  { seconds, values, bytes }: StageLogState,
): Promise<Uint8Array<ArrayBuffer>> {
  const blobs = Object.entries(bytes).flatMap(([key, named]) =>
    Object.entries(named).map(([name, content]) => ({ key, name, content })),
  );
  const head: Head = {
    ...{ format: FORMAT, version: VERSION, stage, seconds, values },
    bytes: blobs.map(({ key, name, content }) => [key, name, content.length]),
  };
  const parts = [bytesOf(`${JSON.stringify(head)}\n`), ...blobs.map(({ content }) => content)];
  const content = new Uint8Array(await new Blob(parts).arrayBuffer());
  return new Uint8Array(
    await new Blob([bytesOf(`${await sha256Of(content)}\n`), content]).arrayBuffer(),
  );
}

/**
 * Undefined when the file is of another stage.
 * @throws DataError for a file that is not what was written
 */
export async function decodeStage(
  stage: string,
  file: Uint8Array<ArrayBuffer>,
): Promise<StageLogState | undefined> {
  const first = file.indexOf(LINE_END);
  const content = file.slice(first + 1);
  if (first !== 64 || textOf(file.subarray(0, first)) !== (await sha256Of(content))) {
    throw new DataError('its checksum does not fit.');
  }
  const second = content.indexOf(LINE_END);
  const head = JSON.parse(textOf(content.subarray(0, second))) as Head;
  const { format, version, seconds, values } = head;
  if (format !== FORMAT || version !== VERSION) throw new DataError('it is of another version.');
  if (head.stage !== stage) return undefined;
  const bytes: StageLogState['bytes'] = {};
  let at = second + 1;
  for (const [key, name, length] of head.bytes) {
    (bytes[key] ??= {})[name] = content.slice(at, at + length);
    at += length;
  }
  return { seconds, values, bytes };
}

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
