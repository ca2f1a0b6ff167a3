/** Bytes of a file or of standard input, which may never end: as many as a caller allows. */

/** The most bytes of text that are held at once, a file or a document: 256 MiB, half of what a string can hold. */
export const MOST_TEXT_BYTES = 2 ** 28;

/** Reads all bytes of a file, or of standard input where no path is given. Throws when there are more than `most`. */
export async function readBytes(path: string | undefined, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const stream = path === undefined ? Deno.stdin.readable : (await Deno.open(path)).readable;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > most) throw tooLong(most, "bytes");
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** The error of a text that is longer than what is held at once; the caller names the text. */
export function tooLong(most: number, unit: "bytes" | "characters"): RangeError {
  return new RangeError(`it has more than ${most.toLocaleString("en")} ${unit}, the most that is read at once`);
}
