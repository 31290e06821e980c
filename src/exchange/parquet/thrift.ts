/**
 * Thrift's compact protocol, in which Parquet writes its metadata and the heads of pages, walked without building
 * it: the reader sets aside the memory of a list before it reads whether the list is there.
 */

interface Reader {
  view: DataView;
  offset: number;
}

/** Parquet's metadata has five levels. */
const MAX_DEPTH = 16;
/** Of an integer of 64 bits. */
const MAX_VARINT_BYTES = 10;

const [STOP, TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE] = [0, 1, 2, 3, 4, 5, 6, 7];
const [BINARY, LIST, STRUCT] = [8, 9, 12];

/**
 * Moves the reader behind the struct at its offset.
 * @throws Error for lists and texts longer than the bytes that are left, and for endless numbers or nesting
 */
export function skipStruct(reader: Reader, depth = 0): void {
  if (depth > MAX_DEPTH) throw new Error(`its metadata has more than ${MAX_DEPTH} levels`);
  for (;;) {
    const field = reader.view.getUint8(reader.offset++);
    const type = field & 15;
    if (type === STOP) return;
    if (field >> 4 === 0) readCount(reader);
    skipValue(reader, type, depth);
  }
}

function skipValue(reader: Reader, type: number, depth: number): void {
  switch (type) {
    case TRUE:
    case FALSE:
      return;
    case BYTE:
      reader.offset++;
      return;
    case I16:
    case I32:
    case I64:
      readCount(reader);
      return;
    case DOUBLE:
      reader.offset += 8;
      return;
    case BINARY: {
      const length = within(reader, readCount(reader));
      reader.offset += length;
      return;
    }
    case LIST:
      skipList(reader, depth + 1);
      return;
    case STRUCT:
      skipStruct(reader, depth + 1);
      return;
    default:
      throw new Error(`its metadata has a value of the unknown type ${type}`);
  }
}

function skipList(reader: Reader, depth: number): void {
  if (depth > MAX_DEPTH) throw new Error(`its metadata has more than ${MAX_DEPTH} levels`);
  const head = reader.view.getUint8(reader.offset++);
  const type = head & 15;
  const size = within(reader, head >> 4 === 15 ? readCount(reader) : head >> 4);
  // In a list a truth value takes a byte.
  const element = type === TRUE || type === FALSE ? BYTE : type;
  for (let i = 0; i < size; i++) skipValue(reader, element, depth);
}

/** Every element takes at least a byte. */
function within(reader: Reader, count: number): number {
  const left = reader.view.byteLength - reader.offset;
  if (count > left) throw new Error(`its metadata counts ${count} in the ${left} bytes left`);
  return count;
}

function readCount(reader: Reader): number {
  let value = 0;
  for (let i = 0; i < MAX_VARINT_BYTES; i++) {
    const byte = reader.view.getUint8(reader.offset++);
    value += (byte & 127) * 2 ** (7 * i);
    if (byte < 128) return value;
  }
  throw new Error(`its metadata has a number of more than ${MAX_VARINT_BYTES} bytes`);
}
