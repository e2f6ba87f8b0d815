// Of a ZIP file: one file of it. Products export their conversations so. Source: APPNOTE.TXT 6.3.10, PKWARE.

/** Archives are read whole: this is what the server takes at most. */
export const archiveBytesMax = 256 << 20;

const endMark = 0x06054b50;
const entryMark = 0x02014b50;
const endBytes = 22;
const commentMax = 65_535;

export class ZipError extends Error {}

/** Whether bytes begin as a ZIP file does. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 0x03 && bytes[3] === 0x04;
}

/**
 * Reads the first file that has one of the names, in whatever folder it is.
 *
 * @throws ZipError where it is damaged, encrypted, too large, or has no such file.
 */
export async function fileInZip(bytes: Uint8Array, names: string[]): Promise<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - endBytes;
  const first = Math.max(0, end - commentMax);
  while (end >= first && view.getUint32(end, true) !== endMark) end -= 1;
  if (end < first) throw new ZipError("its directory is missing: the file is cut off");
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  const found: string[] = [];
  for (let index = 0; index < count; index += 1) {
    if (at + 46 > end || view.getUint32(at, true) !== entryMark) throw new ZipError(`entry ${index + 1} of its directory is damaged`);
    const [nameBytes, extraBytes, commentBytes] = [view.getUint16(at + 28, true), view.getUint16(at + 30, true), view.getUint16(at + 32, true)];
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameBytes));
    if (names.includes(name.slice(name.lastIndexOf("/") + 1))) return content(bytes, view, at, name);
    if (found.length < 8) found.push(name);
    at += 46 + nameBytes + extraBytes + commentBytes;
  }
  throw new ZipError(`there is no ${names.join(" or ")} in it, but ${found.join(", ") || "nothing"}`);
}

async function content(bytes: Uint8Array, view: DataView, entry: number, name: string): Promise<Uint8Array> {
  const [flags, method, packed, whole] = [
    view.getUint16(entry + 8, true), view.getUint16(entry + 10, true), view.getUint32(entry + 20, true), view.getUint32(entry + 24, true),
  ];
  const start = view.getUint32(entry + 42, true);
  if (flags & 1) throw new ZipError(`${name} is encrypted`);
  if (whole > archiveBytesMax) throw new ZipError(`${name} is larger than ${archiveBytesMax >> 20} MiB`);
  if (start + 30 > bytes.length) throw new ZipError(`${name} is cut off`);
  const from = start + 30 + view.getUint16(start + 26, true) + view.getUint16(start + 28, true);
  const part = bytes.subarray(from, from + packed);
  if (part.length < packed) throw new ZipError(`${name} is cut off`);
  if (method === 0) return part;
  if (method !== 8) throw new ZipError(`${name} is packed by method ${method}, which is not known here`);
  return inflate(part, name);
}

/** What is unpacked is counted while it comes: the directory may lie about its size. */
async function inflate(part: Uint8Array, name: string): Promise<Uint8Array> {
  const Stream = (globalThis as unknown as { DecompressionStream: new (format: string) => GenericTransformStream }).DecompressionStream;
  const reader = (new Blob([part]).stream().pipeThrough(new Stream("deflate-raw") as ReadableWritablePair<Uint8Array, Uint8Array>)).getReader();
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      if (size > archiveBytesMax) throw new ZipError(`${name} is larger than ${archiveBytesMax >> 20} MiB`);
      pieces.push(value);
    }
  } catch (error) {
    throw error instanceof ZipError ? error : new ZipError(`${name} is damaged`);
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
