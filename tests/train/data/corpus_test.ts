/** Corpora: separate sides, prepared once, without incomplete folders. */
import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { type CorpusOptions, prepareCorpus } from "../../../cli/data/corpus.ts";
import { textEncoder } from "../../../cli/data/encoder.ts";
import { loadTokenizer } from "../../../src/infer/load_tokenizer.ts";
import { openSource } from "../../../src/checkpoint/open_source.ts";
import { isHeldOut } from "../../../src/train/data/split.ts";
import { withFiles } from "./support.ts";

const stories = Array.from(
  { length: 300 },
  (_, n) => `The otter swam ${n} rivers, and the river liked the otter ${n % 7}!`,
);
const files = { "stories.txt": stories.join("\n"), "held.txt": "The river swam.\n\nThe otter liked 3 rivers." };

const options = (folder: string, of: Partial<CorpusOptions> = {}): CorpusOptions => ({
  sources: [{ from: `${folder}/stories.txt`, documents: "lines" }],
  heldOut: { share: 0.2 },
  tokenizer: { train: 270 },
  seed: 4,
  cacheDir: `${folder}/cache`,
  ...of,
});

/** All documents of both sides as text. */
async function texts(of: CorpusOptions): Promise<Record<"train" | "heldOut", string[]>> {
  using corpus = await prepareCorpus(of);
  const tokenizer = (await loadTokenizer(openSource(corpus.folder)))!;
  const side = async (name: "train" | "heldOut") => {
    const { documents } = corpus[name];
    const ids = await Promise.all(Array.from({ length: documents }, (_, n) => corpus[name].document(n)));
    const found = ids.map((ids) => tokenizer.decode([...ids]));
    assertEquals(corpus[name].bytes, found.reduce((sum, text) => sum + new TextEncoder().encode(text).length, 0));
    return found;
  };
  return { train: await side("train"), heldOut: await side("heldOut") };
}

Deno.test("corpus: every document is on one side, and a share of them held out", async () => {
  await withFiles(files, async (folder) => {
    const { train, heldOut } = await texts(options(folder));
    assertEquals([...train, ...heldOut].sort(), [...stories].sort());
    assert(Math.abs(heldOut.length - 60) < 5 * Math.sqrt(300 * 0.2 * 0.8)); // five standard deviations
    assertEquals(heldOut, (await texts(options(folder))).heldOut);
    assertNotEquals(heldOut, (await texts(options(folder, { seed: 5 }))).heldOut);
    const again = await texts(options(folder, { sources: [...options(folder).sources, ...options(folder).sources] }));
    assertEquals(again.heldOut, [...heldOut, ...heldOut]); // copies stay together
  });
});

Deno.test("corpus: where a share would leave a side without documents, the end of each is held out", async () => {
  const text = stories.join("\n");
  await withFiles({ "my.txt": text, "line.txt": "one two three four five six seven eight" }, async (folder) => {
    const of = (name: string) => texts(options(folder, { sources: [{ from: `${folder}/${name}` }] }));
    const { train: [head], heldOut: [tail] } = await of("my.txt");
    assertEquals(`${head}\n${tail}`, text);
    const { length } = stories[0];
    assert(Math.abs(tail.length - 0.2 * text.length) <= length + 5, `${tail.length} of ${text.length}`);
  });
});

Deno.test("corpus: held-out files are held out, and a given tokenizer is used", async () => {
  await withFiles(files, async (folder) => {
    using first = await prepareCorpus(options(folder, { tokenizer: { train: 270, special: ["[MASK]"] } }));
    assertEquals([first.tokenId("<|endoftext|>"), first.tokenId("[MASK]"), first.train.vocabulary], [0, 1, 270]);
    assertEquals(first.bytesPerToken, first.heldOut.bytes / first.heldOut.tokens);
    const heldOut = { sources: [{ from: `${folder}/held.txt`, documents: "blank-lines" as const }] };
    const second = options(folder, { heldOut, tokenizer: { path: first.folder } });
    assertEquals(await texts(second), { train: stories, heldOut: files["held.txt"].split("\n\n") });
    await assertRejects(() => prepareCorpus({ ...second, endOfText: "<|endoftxt|>" }), Error, "is <|endoftext|>");
  });
});

Deno.test("corpus: prepared once for the same bytes and options at any path", async () => {
  await withFiles(files, async (folder) => {
    const folderOf = async (of: Partial<CorpusOptions> = {}) => {
      using corpus = await prepareCorpus(options(folder, of), () => read++);
      return corpus.folder;
    };
    let read = 0;
    const first = await folderOf();
    assert(read > 0);
    read = 0;
    await Deno.copyFile(`${folder}/stories.txt`, `${folder}/copy.txt`);
    assertEquals(await folderOf({ sources: [{ from: `${folder}/copy.txt`, documents: "lines" }] }), first);
    assertEquals(read, 0);
    assertNotEquals(await folderOf({ tokenizer: { train: 271 } }), first);
    await Deno.writeTextFile(`${folder}/stories.txt`, "\nThe otter slept.", { append: true });
    assertNotEquals(await folderOf(), first);
  });
});

Deno.test("corpus: cached words have the ids of new ones", async () => {
  await withFiles(files, async (folder) => {
    using corpus = await prepareCorpus(options(folder));
    const [json, config] = ["tokenizer.json", "tokenizer_config.json"].map((name) => corpus.tokenizerFiles[name]);
    const known = textEncoder(json, config);
    const tricky = "We'll\n\n  go!!'s  \t\r\n 12ab漢字 😀's\u0000 otter's  ";
    for (const text of [...stories.slice(0, 20), tricky, tricky + tricky]) {
      assertEquals(known.encode(text), textEncoder(json, config).encode(text));
    }
  });
});

Deno.test("corpus: framed documents have the tokens of a prompt, the end-of-text token only once", async () => {
  await withFiles(files, async (folder) => {
    const tokenizer = { train: 270, special: ["<s>", "</s>"], begin: "<s>", end: "</s>" };
    const idsOf = async (of: Partial<CorpusOptions>) => {
      using corpus = await prepareCorpus(options(folder, { tokenizer, endOfText: "</s>", ...of }));
      const prompt = (await loadTokenizer(openSource(corpus.folder)))!.encode(stories[0]);
      const numbers = Array.from({ length: corpus.train.documents }, (_, n) => n);
      const documents = await Promise.all(numbers.map(async (n) => [...await corpus.train.document(n)]));
      return { prompt, documents: documents.map((ids) => [...ids, corpus.train.endOfText]) };
    };
    const { prompt, documents } = await idsOf({ framed: true });
    assertEquals(documents.every((ids) => ids[0] === 0 && ids.at(-1) === 1 && ids.at(-2) !== 1), true);
    assertEquals(documents.some((ids) => `${ids}` === `${prompt}`), true);
    const bare = await idsOf({ framed: false });
    assertEquals(bare.documents, documents.map((ids) => ids.slice(1)));
  });
});

Deno.test("corpus: a failed preparation is one line, and leaves no files", async () => {
  await withFiles({ ...files, "empty.txt": " \n", "a.txt": "a" }, async (folder) => {
    const rejected = async (of: Partial<CorpusOptions>, message: string, signal?: AbortSignal) => {
      await assertRejects(() => prepareCorpus(options(folder, of), undefined, signal), Error, message);
      assertEquals(await Array.fromAsync(Deno.readDir(`${folder}/cache`)).catch(() => []), []);
    };
    await rejected({ sources: [] }, "it has no sources");
    await rejected({ sources: [{ from: `${folder}/empty.txt` }] }, "Cannot prepare the corpus: no document in ");
    await rejected({ sources: [{ from: `${folder}/nothing.txt` }] }, "there is no such file");
    const one = { sources: [{ from: `${folder}/a.txt` }], tokenizer: { train: 257 } };
    await rejected(one, "a.txt leaves nothing to train on");
    await rejected({ heldOut: { share: 1.5 } }, "Cannot hold out a share of 1.5");
    await rejected({ tokenizer: { train: 5000 } }, "are wanted");
    await rejected({ tokenizer: { path: `${folder}/nowhere` } }, "Cannot read tokenizer.json: there is none in");
    await rejected({}, "aborted", AbortSignal.abort());
  });
});

Deno.test("isHeldOut: about the share, for any documents and seed", () => {
  for (const [seed, share] of [[1, 0.05], [2, 0.5]]) {
    const count = Array.from({ length: 4000 }, (_, n) =>
      isHeldOut(`document ${n}`, { seed, share })).filter(Boolean).length;
    assert(Math.abs(count - 4000 * share) < 5 * Math.sqrt(4000 * share * (1 - share)));
  }
});
