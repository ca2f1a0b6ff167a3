/** Reads UTF-8 text files as streams; names that end in `.gz` are decompressed. */
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { reasonOf } from "../../src/checkpoint/messages.ts";
import { MOST_TEXT_BYTES, tooLong } from "../support/read_bytes.ts";

/** Callback for the bytes read. */
export type OnBytes = (bytes: number) => void;

/** The text of a file in pieces. Throws one line when it cannot be read or is not UTF-8. */
export async function* piecesOf(path: string, onBytes?: OnBytes): AsyncGenerator<string> {
  try {
    const count = new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        onBytes?.(chunk.length);
        controller.enqueue(chunk as Uint8Array<ArrayBuffer>);
      },
    });
    const file = (Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array<ArrayBuffer>>).pipeThrough(count);
    const bytes = path.endsWith(".gz") ? file.pipeThrough(new DecompressionStream("gzip")) : file;
    yield* bytes.pipeThrough(new TextDecoderStream("utf-8", { fatal: true }));
  } catch (error) {
    const isText = !(error instanceof TypeError);
    const reason = isText ? reasonOf(error) : `it is not ${path.endsWith(".gz") ? "gzipped " : ""}UTF-8 text`;
    throw new Error(`Cannot read ${path}: ${reason}`, { cause: error });
  }
}

/** Throws for a document above the maximum length. */
export function checkLength(path: string, characters: number): void {
  if (characters <= MOST_TEXT_BYTES) return;
  const reason = tooLong(MOST_TEXT_BYTES, "characters").message;
  throw new RangeError(`Cannot read a document of ${path}: ${reason}; "documents" says how a file is cut`);
}

/** The whole text of a file. Throws a RangeError for one that is too long. */
export async function textOf(path: string, onBytes?: OnBytes): Promise<string> {
  const pieces: string[] = [];
  let length = 0;
  for await (const piece of piecesOf(path, onBytes)) {
    checkLength(path, length += piece.length);
    pieces.push(piece);
  }
  return pieces.join("");
}

/** The lines of a file without their ends, `\n` or `\r\n`; an empty last line is skipped. */
export async function* linesOf(path: string, onBytes?: OnBytes): AsyncGenerator<string> {
  let rest: string[] = [], length = 0;
  for await (const piece of piecesOf(path, onBytes)) {
    const [end, ...lines] = piece.split("\n");
    rest.push(end);
    checkLength(path, length += end.length);
    for (const line of lines) {
      yield rest.join("").replace(/\r$/, "");
      rest = [line], length = line.length;
    }
  }
  if (length > 0) yield rest.join("");
}
