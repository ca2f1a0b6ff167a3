// Files made by hand, byte by byte, so that the reader is not tested against the writer alone.
import { openCheckpoint } from "../../src/checkpoint/shards.ts";

/** Puts chunks one after the other. */
export function join(chunks: Iterable<Uint8Array>): Uint8Array<ArrayBuffer> {
  const list = [...chunks];
  const bytes = new Uint8Array(list.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of list) bytes.set(chunk, at), at += chunk.length;
  return bytes;
}

export const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** A safetensors file from the text of its header, its data and, if it should lie, the header length it claims. */
export function rawFile(header: string, data: Uint8Array | number = 0, claims?: bigint): Uint8Array<ArrayBuffer> {
  const json = utf8(header);
  const prefix = new DataView(new ArrayBuffer(8));
  prefix.setBigUint64(0, claims ?? BigInt(json.length), true);
  return join([new Uint8Array(prefix.buffer), json, typeof data === "number" ? new Uint8Array(data) : data]);
}

/** One well-formed header entry as JSON text. */
export function row(name: string, dtype: string, shape: readonly number[], start: number, end: number): string {
  return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [start, end] })}`;
}

export const open = (file: Uint8Array) => openCheckpoint({ "model.safetensors": file });

/** Makes a folder that is gone after the test. */
export async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
