/** Sources: which files are text, and how each is cut into documents. */
import { assertEquals, assertRejects } from "@std/assert";
import { documentsOf } from "../../../cli/data/documents.ts";
import { filesOf, type SourceOptions } from "../../../cli/data/sources.ts";
import { withFiles } from "./support.ts";

const read = async (source: SourceOptions, cacheDir = "unused") =>
  await Array.fromAsync(documentsOf(await filesOf(source, { cacheDir })));

async function gzip(text: string): Promise<Uint8Array> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

Deno.test("documents: a file in every format, with trimmed documents", async () => {
  const text = "one\r\n  two\r\n\r\n  \r\nthree\n---\nfour\n\n";
  await withFiles({ "a.txt": text }, async (folder) => {
    const from = `${folder}/a.txt`;
    assertEquals(await read({ from }), [text.trim()]);
    assertEquals(await read({ from, documents: "file" }), [text.trim()]);
    assertEquals(await read({ from, documents: "lines" }), ["one", "two", "three", "---", "four"]);
    assertEquals(await read({ from, documents: "blank-lines" }), ["one\n  two", "three\n---\nfour"]);
    assertEquals(await read({ from, documents: { separator: "---" } }), ["one\n  two\n\n  \nthree", "four"]);
  });
});

Deno.test("documents: JSON lines, JSON lists, pages, tagged words and gzipped files, in the order of their names", async () => {
  const tagged = "The/at jury/nn said/vbd it/pps did/dod ./.\n".repeat(3);
  const files = {
    "a.jsonl": '{"text": "A", "story": "S"}\n\n{"text": "B", "story": "T"}\n',
    "b/page.html": "<p>P</p>",
    "b/.hidden.txt": "no",
    "c.json": '["C", " ", "D"]',
    "config.json": '{"no": 1}',
    "d.md.gz": await gzip("zipped é"),
    "ea01": tagged,
    "picture.png": new Uint8Array([0x89, 0x50]),
    "weights": new Uint8Array([0xff, 0xfe, 0xff]),
  };
  await withFiles(files, async (folder) => {
    const sentence = "The jury said it did.";
    const prose = Array(3).fill(sentence).join(" ");
    assertEquals(await read({ from: folder }), ["A", "B", "P", "C", "D", "zipped é", prose]);
    assertEquals(await read({ from: `${folder}/a.jsonl`, documents: { field: "story" } }), ["S", "T"]);
    assertEquals(await read({ from: `${folder}/c.json`, documents: "file" }), ["C\n \nD"]);
    await assertRejects(
      () => read({ from: `${folder}/**/*.{html,json}` }),
      Error,
      "config.json: it is not a list of texts",
    );
    assertEquals(await read({ from: `${folder}/*.{jsonl,gz}` }), ["A", "B", "zipped é"]);
  });
});

Deno.test("documents: long files are read in pieces", async () => {
  const lines = Array.from({ length: 20_000 }, (_, n) => `line ${n} é漢😀`);
  await withFiles({ "a.txt": lines.join("\n") }, async (folder) => {
    assertEquals(await read({ from: `${folder}/a.txt`, documents: "lines" }), lines);
  });
});

Deno.test("documents: a fetched package gives its texts in one form, without its descriptions", async () => {
  const tagged = "The/at jury/nn said/vbd it/pps did/dod ./.\n".repeat(3);
  const files = {
    "packages/npm-lists/package/package.json": '["no"]',
    "packages/npm-lists/package/README.md": "no",
    "packages/npm-lists/package/src/index.js": "no",
    "packages/npm-lists/package/builds/0.json": '["A", "B"]',
    "packages/npm-@a+tagged@1.0/package/cats.txt": "a news and more than the rest of it".repeat(99),
    "packages/npm-@a+tagged@1.0/package/ca01": tagged,
    "packages/apt-pages/usr/share/doc/pages/changelog.gz": "no",
    "packages/apt-pages/usr/share/doc/pages/a.md": "same",
    "packages/apt-pages/usr/share/doc/pages/a.html": "<p>same, but larger</p>",
    "packages/apt-nothing/usr/bin/nothing": new Uint8Array([0x7f, 0x45, 0xff]),
  };
  await withFiles(files, async (cacheDir) => {
    assertEquals(await read({ from: "npm:lists" }, cacheDir), ["A", "B"]);
    assertEquals(await read({ from: "npm:@a/tagged@1.0" }, cacheDir), [
      Array(3).fill("The jury said it did.").join(" "),
    ]);
    assertEquals(await read({ from: "apt:pages" }, cacheDir), ["same, but larger"]);
    await assertRejects(() => read({ from: "apt:nothing" }, cacheDir), Error, "no file of it is text");
    for (const name of ["npm:--help", "npm:", "npm:../x", "apt:-o=x", "apt:A"]) {
      await assertRejects(() => read({ from: name }, cacheDir), Error, "is not a package name");
    }
  });
});

Deno.test("documents: an unreadable file is one line with its position", async () => {
  const files = {
    "bytes.txt": new Uint8Array([0x61, 0xff]),
    "bad.jsonl": '{"text": "A"}\n{"text": 3}',
    "broken.jsonl": '{"text": "A"}\n\n{"text"',
    "object.json": '{"text": "A"}',
    "plain.txt.gz": "not zipped",
  };
  await withFiles(files, async (folder) => {
    const rejected = (name: string, message: string, documents?: SourceOptions["documents"]) =>
      assertRejects(() => read({ from: `${folder}/${name}`, documents }), Error, message);
    await rejected("bytes.txt", "bytes.txt: it is not UTF-8 text");
    await rejected("plain.txt.gz", "plain.txt.gz: it is not gzipped UTF-8 text");
    await rejected("bad.jsonl", 'bad.jsonl: it has no text in the field "text"');
    await rejected("bad.jsonl", "Cannot read line 1 of", { field: "txet" });
    await rejected("broken.jsonl", "broken.jsonl: not valid JSON");
    await rejected("object.json", "object.json: it is not a list of texts");
    await rejected("missing.txt", "missing.txt: there is no such file, folder or package");
    await rejected("*.csv", "*.csv: there is no such file, folder or package");
  });
});
