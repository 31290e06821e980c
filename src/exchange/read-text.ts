/** Text of a file or pasted string, whatever common encoding it was saved in. */
import { DataError } from '../errors.ts';

/** Beyond this a browser's strings are no longer safe. */
const LARGEST_FILE_BYTES = 256 * 1024 * 1024;

export interface TextRead {
  text: string;
  notices: string[];
}

/**
 * Decodes UTF-8 (with or without a byte order mark) and UTF-16 with one. What is neither is read as
 * Windows-1252, which older spreadsheets write, and said so.
 * @throws DataError when the file is larger than 256 MB.
 */
export async function readText(source: Blob | string, fileName: string): Promise<TextRead> {
  if (typeof source === 'string') return { text: stripMark(source), notices: [] };
  if (source.size > LARGEST_FILE_BYTES) {
    throw new DataError(
      `${fileName} is ${Math.round(source.size / 1024 / 1024)} MB; records can be read up to 256 MB.`,
    );
  }
  const bytes = new Uint8Array(await source.arrayBuffer());
  const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-16be';
  if (utf16 === 'utf-16le' || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return { text: stripMark(new TextDecoder(utf16).decode(bytes)), notices: [] };
  }
  try {
    return {
      text: stripMark(new TextDecoder('utf-8', { fatal: true }).decode(bytes)),
      notices: [],
    };
  } catch {
    return {
      text: new TextDecoder('windows-1252').decode(bytes),
      notices: [`${fileName} is not UTF-8 and was read as Windows-1252; check its accents.`],
    };
  }
}

function stripMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}
