/** Reads a file or standard input up to a maximum size. */
import { createReadStream } from "node:fs";
import process from "node:process";

/** Maximum size of a file or document in memory: 256 MiB, half of the longest string. */
export const MOST_TEXT_BYTES = 2 ** 28;

/** Reads all bytes of a file, or of standard input without a path. Throws for more than `most`. */
export async function readBytes(path: string | undefined, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const stream: AsyncIterable<Uint8Array<ArrayBuffer>> = path === undefined ? process.stdin : createReadStream(path);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > most) throw tooLong(most, "bytes");
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** The error for a text above the maximum; the caller adds its name. */
export function tooLong(most: number, unit: "bytes" | "characters"): RangeError {
  return new RangeError(`it has more than ${most.toLocaleString("en")} ${unit}, the most that is read at once`);
}
