/** Text files as streams: UTF-8, gunzipped where their name ends in `.gz`. */
import { reasonOf } from "../../src/checkpoint/messages.ts";

/** Told of bytes as they come from disk. */
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
    const file = (await Deno.open(path)).readable.pipeThrough(count);
    const bytes = path.endsWith(".gz") ? file.pipeThrough(new DecompressionStream("gzip")) : file;
    yield* bytes.pipeThrough(new TextDecoderStream("utf-8", { fatal: true }));
  } catch (error) {
    const isText = !(error instanceof TypeError);
    const reason = isText ? reasonOf(error) : `it is not ${path.endsWith(".gz") ? "gzipped " : ""}UTF-8 text`;
    throw new Error(`Cannot read ${path}: ${reason}`, { cause: error });
  }
}

/** The whole text of a file. */
export async function textOf(path: string, onBytes?: OnBytes): Promise<string> {
  return (await Array.fromAsync(piecesOf(path, onBytes))).join("");
}

/** The lines of a file without their ends, `\n` or `\r\n`; the last one only where it is not empty. */
export async function* linesOf(path: string, onBytes?: OnBytes): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of piecesOf(path, onBytes)) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield line.replace(/\r$/, "");
  }
  if (rest !== "") yield rest;
}
