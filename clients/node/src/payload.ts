// Payloads, results and progress as bytes: JSON unless the user chooses bytes.

import { isUtf8 } from 'node:buffer';

/** `json`: any value that JSON can say. `bytes`: strings and Buffers go out as they are, and Buffers come in. */
export type PayloadFormat = 'json' | 'bytes';

/** The bytes of a value. Throws a TypeError for what the format cannot say. */
export function encode(value: unknown, format: PayloadFormat): Buffer {
  if (format === 'bytes') {
    if (typeof value === 'string') return Buffer.from(value);
    if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    throw new TypeError(`with payloads as bytes a value is a string or bytes, not of type ${typeof value}`);
  }
  const text = JSON.stringify(value);
  if (text === undefined) throw new TypeError(`JSON has no word for a value of type ${typeof value}`);
  return Buffer.from(text);
}

/** The value of some bytes. Throws a SyntaxError for what is no JSON. */
export function decode(bytes: Buffer, format: PayloadFormat): unknown {
  if (format === 'bytes') return bytes;
  if (!isUtf8(bytes)) throw new SyntaxError('the payload is no JSON: it is not even UTF-8');
  try {
    return JSON.parse(bytes.toString());
  } catch (error) {
    throw new SyntaxError(`the payload is no JSON: ${(error as Error).message}`);
  }
}

/** The value of some bytes, or the bytes themselves if they are no JSON. */
export function decodeIfPossible(bytes: Buffer, format: PayloadFormat): unknown {
  try {
    return decode(bytes, format);
  } catch {
    return bytes;
  }
}

/** Bytes as text where they are text, else the bytes. */
export function textOrBytes(bytes: Buffer): string | Buffer {
  return isUtf8(bytes) ? bytes.toString() : bytes;
}
