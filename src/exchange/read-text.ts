/** Text of a file or pasted string, whatever common encoding it was saved in. */
import { DataError } from '../errors.ts';
import { refuseBeyond } from '../limits.ts';
import { notice, type Notice } from '../notices.ts';
import { blobSource, type ByteSource } from '../storage/byte-source.ts';

/** What can be read from: a file on disk or in the browser, one that was dropped, or pasted text. */
export type TableSource = ByteSource | Blob | string;

export interface TextRead {
  text: string;
  notices: Notice[];
}

/** A file behind one interface; `undefined` for text, which has no bytes. */
export function sourceOf(source: TableSource, fileName: string): ByteSource | undefined {
  if (typeof source === 'string') return undefined;
  return source instanceof Blob ? blobSource(fileName, source) : source;
}

/**
 * The whole text of a file.
 * @throws DataError when the file is too large or no text.
 */
export async function readTextFile(source: TableSource, fileName: string): Promise<TextRead> {
  const file = sourceOf(source, fileName);
  if (file === undefined) {
    const text = stripMark(source as string);
    refuseBeyond(fileName, 'fileBytes', text.length);
    return { text, notices: [] };
  }
  refuseBeyond(fileName, 'fileBytes', file.size);
  return decodeText(await file.read(0, file.size), fileName);
}

/**
 * Decodes UTF-8 and UTF-16, each with or without a byte order mark. What is neither is read as
 * Windows-1252, which older spreadsheets write, with a notice.
 * @throws DataError for what is no text: workbooks, archives, UTF-32
 */
export function decodeText(bytes: Uint8Array, fileName: string): TextRead {
  const kind = binaryKind(bytes);
  if (kind !== undefined) throw new DataError(`${fileName} is ${kind}.`);
  const notices: Notice[] = [];
  const decoded = decode(bytes, fileName, notices);
  const text = stripMark(decoded);
  if (text.includes('\0')) {
    notices.push(
      notice(
        'doubtful',
        `${fileName} holds NUL characters, which text files do not have; they are kept.`,
        linesWith(text, '\0').map((line) => `${fileName}, line ${line}`),
      ),
    );
  }
  return { text, notices };
}

function decode(bytes: Uint8Array, fileName: string, notices: Notice[]): string {
  const marked = markedEncoding(bytes);
  if (marked !== undefined) return new TextDecoder(marked).decode(bytes);
  const guessed = unmarkedUtf16(bytes);
  if (guessed !== undefined) {
    const name = guessed.toUpperCase().replace(/([LB]E)$/, ' $1');
    const text = `${fileName} has no byte order mark and was read as ${name}.`;
    notices.push(notice('assumed', text));
    return new TextDecoder(guessed).decode(bytes);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const broken = new TextDecoder('utf-8').decode(bytes);
    // A UTF-8 file with a few broken bytes has far more whole characters beyond ASCII than broken
    // ones; in a Windows-1252 file hardly any two neighbouring bytes make a UTF-8 character.
    const replaced = broken.split('\ufffd').length - 1;
    const whole = broken.match(/[\u0080-\ufffc\u{10000}-\u{10ffff}]/gu)?.length ?? 0;
    if (whole > replaced) {
      notices.push(
        notice(
          'doubtful',
          `${fileName} is UTF-8 with ${replaced === 1 ? 'a broken place' : `${replaced} broken places`}, read as “\ufffd”.`,
          linesWith(broken, '\ufffd').map((line) => `${fileName}, line ${line}`),
        ),
      );
      return broken;
    }
    const text = windows1252(bytes);
    notices.push(
      notice(
        'assumed',
        `${fileName} is not UTF-8 and was read as Windows-1252; check its accents.`,
        linesWith(broken, '\ufffd').map((line) => `${fileName}, line ${line}`),
      ),
    );
    return text;
  }
}

/** Characters of Windows-1252 at 0x80 to 0x9f; the rest is Latin-1. */
const HIGH = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/** Some versions of Node decode Windows-1252 as Latin-1, so these characters are placed here. */
function windows1252(bytes: Uint8Array): string {
  const text = new TextDecoder('windows-1252').decode(bytes);
  return text.replace(/[\x80-\x9f]/g, (character) => HIGH[character.charCodeAt(0) - 0x80]!);
}

function markedEncoding(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined;
}

/** In UTF-16 text of a Western script or of JSON, nearly every second byte is 0. */
function unmarkedUtf16(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (bytes.length < 4 || bytes.length % 2 !== 0) return undefined;
  const length = Math.min(bytes.length, 4096);
  const zeros = [0, 0];
  for (let i = 0; i < length; i++) if (bytes[i] === 0) zeros[i % 2]!++;
  const most = 0.4 * (length / 2);
  const few = 0.02 * (length / 2);
  if (zeros[1]! > most && zeros[0]! <= few) return 'utf-16le';
  return zeros[0]! > most && zeros[1]! <= few ? 'utf-16be' : undefined;
}

const csvHint = 'save the sheet as CSV';
/** Beginnings of files that are often taken for tables → what they are. */
const signatures: [bytes: number[], kind: string][] = [
  [[0xff, 0xfe, 0, 0], 'UTF-32; save it as UTF-8'],
  [[0, 0, 0xfe, 0xff], 'UTF-32; save it as UTF-8'],
  [[0x50, 0x4b, 3, 4], `a workbook (.xlsx, .ods) or a zip archive; unpack it, or ${csvHint}`],
  [[0xd0, 0xcf, 0x11, 0xe0], `an old Excel workbook; ${csvHint}`],
  [[0x1f, 0x8b], 'compressed with gzip; unpack it'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'compressed with zstd; unpack it'],
  [[0x42, 0x5a, 0x68], 'compressed with bzip2; unpack it'],
  [[0x41, 0x52, 0x52, 0x4f, 0x57, 0x31], 'an Arrow (Feather) file; save it as Parquet'],
  [[0x53, 0x51, 0x4c, 0x69, 0x74, 0x65], 'an SQLite database; export the table as CSV'],
  [[0x25, 0x50, 0x44, 0x46], 'a PDF, not a file of records'],
];

function binaryKind(bytes: Uint8Array): string | undefined {
  return signatures.find(([start]) => start.every((byte, i) => bytes[i] === byte))?.[1];
}

/** Numbers, from 1, of the lines that hold a character. */
function linesWith(text: string, character: string): number[] {
  const lines = text.split(/\r\n|[\r\n]/);
  return lines.flatMap((line, i) => (line.includes(character) ? [i + 1] : []));
}

function stripMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}
