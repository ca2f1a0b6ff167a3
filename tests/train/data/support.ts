/** Documents and streams of tokens for the tests of data. */
import fc from "fast-check";
import type { Batches } from "../../../src/train/data/batches.ts";
import type { TokenReader } from "../../../src/train/data/reader.ts";

/** Ids of documents, below `vocabulary − 1`, which is the end of text. */
export function documents(vocabulary: number, most = 12): fc.Arbitrary<number[][]> {
  const ids = fc.array(fc.integer({ min: 0, max: vocabulary - 2 }), { maxLength: 40 });
  return fc.array(ids, { minLength: 1, maxLength: most });
}

/** A packed stream of documents in memory; the last id of the vocabulary is the end of text. */
export function inMemory(documents: readonly (readonly number[])[], vocabulary: number): TokenReader {
  const endOfText = vocabulary - 1;
  const stream = Int32Array.from(documents.flatMap((ids) => [...ids, endOfText]));
  const read = (start: number, end: number) => Promise.resolve(stream.slice(start, end));
  return { tokens: stream.length, documents: documents.length, bytes: stream.length, vocabulary, endOfText, read };
}

/** Ids and labels of each sequence of a batch; missing ones are left out. */
export async function sequences(batches: Batches, step: number): Promise<{ ids: number[]; labels: number[] }[]> {
  const { rows, labels } = await batches.batch(step);
  const { ids, offsets } = rows, ends = [...offsets.data];
  const part = (data: ArrayLike<number>, b: number) => Array.from(data).slice(ends[b], ends[b + 1]);
  const all = ends.slice(1).map((_, b) => ({ ids: part(ids.data, b), labels: part(labels.data, b) }));
  return all.filter(({ ids }) => ids.length > 0);
}

/** Runs a body with a folder of files that is gone afterwards. */
export async function withFiles(
  files: Readonly<Record<string, string | Uint8Array>>,
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, content] of Object.entries(files)) {
      const path = `${folder}/${name}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      await Deno.writeFile(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
    }
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
