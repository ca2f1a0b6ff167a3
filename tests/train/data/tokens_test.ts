/** Folders of tokens: written tokens read back across files, and damage is one clear error. */
import fc from "fast-check";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { openTokens } from "../../../src/train/data/open_tokens.ts";
import { type TokenDocument, writeTokens, type WriteTokensOptions } from "../../../src/train/data/write_tokens.ts";
import { documents } from "./support.ts";

const V = 60;

async function* stream(documents: readonly (readonly number[])[]): AsyncGenerator<TokenDocument> {
  for (const ids of documents) yield { ids, bytes: 2 * ids.length };
}

/** Runs a body with a folder of tokens that is gone afterwards. */
async function withTokens(
  documents: readonly (readonly number[])[],
  options: Partial<WriteTokensOptions>,
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const known = { vocabulary: V, endOfText: V - 1, tokenizer: "hash", split: "train" };
    await writeTokens(folder, stream(documents), { ...known, ...options });
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("tokens: packed with ends of texts, read by any range, over files of any size", async () => {
  const sizes = fc.record({ shardTokens: fc.integer({ min: 1, max: 30 }), wide: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      documents(V),
      sizes,
      fc.infiniteStream(fc.nat(1e6)),
      async (docs, { shardTokens, wide }, random) => {
        const vocabulary = wide ? 70_000 : V, endOfText = vocabulary - 1;
        const expected = docs.flatMap((ids) => [...ids, endOfText]);
        await withTokens(docs, { shardTokens, vocabulary, endOfText }, async (folder) => {
          using tokens = await openTokens(folder);
          assertEquals(tokens.index.shards.length, Math.ceil(expected.length / shardTokens));
          assertEquals([tokens.tokens, tokens.documents, tokens.vocabulary], [
            expected.length,
            docs.length,
            vocabulary,
          ]);
          assertEquals(tokens.bytes, docs.reduce((sum, ids) => sum + 2 * ids.length, 0));
          for (let i = 0; i < 5; i++) {
            const ends = [random.next().value!, random.next().value!].map((n) => n % (expected.length + 1));
            const [start, end] = ends.sort((a, b) => a - b);
            assertEquals([...await tokens.read(start, end)], expected.slice(start, end));
          }
          for (const [number, ids] of docs.entries()) assertEquals([...await tokens.document(number)], ids);
        });
      },
    ),
    { numRuns: 30 },
  );
});

Deno.test("tokens: two readings at once do not disturb each other", async () => {
  const docs = [Array.from({ length: 5000 }, (_, t) => t % 59)];
  await withTokens(docs, { shardTokens: 700 }, async (folder) => {
    using tokens = await openTokens(folder);
    const parts = await Promise.all(Array.from({ length: 50 }, (_, n) => tokens.read(n * 100, n * 100 + 100)));
    assertEquals(parts.flatMap((part) => [...part]), docs[0]);
  });
});

Deno.test("tokens: a shard that is cut short, missing or damaged is one error", async () => {
  const docs = [[1, 2, 3], [4, 5, 6, 7, 8]];
  await withTokens(docs, { shardTokens: 4 }, async (folder) => {
    const shard = `${folder}/tokens-00001.bin`, whole = await Deno.readFile(shard);
    await Deno.writeFile(shard, whole.subarray(0, 5));
    await assertRejects(() => openTokens(folder), Error, "tokens-00001.bin: it has 5 bytes, its index says 8");
    await Deno.writeFile(shard, whole.map((byte, at) => at === 3 ? 1 : byte)); // an id of 256 and more
    {
      using tokens = await openTokens(folder);
      await assertRejects(() => tokens.read(0, 8), RangeError, "outside the vocabulary of 60");
      assertEquals([...await tokens.read(0, 4)], [1, 2, 3, 59]);
      await assertRejects(() => tokens.read(3, 11), RangeError, "Cannot read tokens 3 to 11: there are 10");
      await assertRejects(() => tokens.document(2), RangeError, "Cannot read document 2: there are 2");
    }
    await Deno.remove(shard);
    await assertRejects(() => openTokens(folder), Error, "Cannot open the tokens in");
    await Deno.writeTextFile(`${folder}/tokens.json`, '{ "tokens": 3, "documents": 0 }');
    await assertRejects(() => openTokens(folder), RangeError, "tokens.json.documents is 0, expected a whole number");
    await Deno.remove(`${folder}/tokens.json`);
    await assertRejects(() => openTokens(folder), Error, "Cannot read tokens.json: there is none in");
  });
});

Deno.test("tokens: nothing to write, an id too large and a folder in use are one error, and no index is left", async () => {
  const rejected = async (docs: number[][], message: string) => {
    await assertRejects(() => withTokens(docs, {}, () => Promise.resolve()), Error, message);
  };
  await rejected([], "there are no documents");
  await rejected([[1], [2, 60]], "Cannot write tokens: id 60 of document 1 is outside the vocabulary of 60");
  const folder = await Deno.makeTempDir();
  const known = { vocabulary: V, endOfText: V - 1, tokenizer: "hash", split: "train" };
  await assertRejects(() => writeTokens(folder, stream([[99]]), known));
  assertEquals([...Deno.readDirSync(folder)], []);
  await writeTokens(folder, stream([[1]]), known);
  await assertRejects(() => writeTokens(folder, stream([[1]]), known), Error, "it holds tokens already");
  assert((await Deno.stat(`${folder}/tokens.json`)).isFile);
  await Deno.remove(folder, { recursive: true });
});
