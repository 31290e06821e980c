import type { Compressors } from 'hyparquet';

/** LZ4 as Hadoop frames it, where that is what it is: the library would follow a negative length without end. */
export function unpackLz4({ LZ4, LZ4_RAW }: Compressors): NonNullable<Compressors['LZ4']> {
  return (page, length) => {
    const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
    let offset = 0;
    while (offset < page.length - 8) {
      const size = view.getInt32(offset + 4);
      if (size < 0) break;
      offset += 8 + size;
    }
    return offset === page.length ? LZ4!(page, length) : LZ4_RAW!(page, length);
  };
}
