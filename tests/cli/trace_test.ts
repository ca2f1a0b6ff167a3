/** `trace`: the depths and experts of the library; pictures that are well-formed whatever the text. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { depthColour, expertColour, inkOn } from "../../cli/support/colour.ts";
import { tokenTexts, type Trace, traceDecoder } from "../../cli/support/trace.ts";
import { breakLines, visible } from "../../cli/support/trace_lines.ts";
import { escapeXml, traceSvg } from "../../cli/support/trace_picture.ts";
import { Decoder } from "../../mod.ts";
import { loadTokenizer } from "../../src/infer/load_tokenizer.ts";
import { openSource } from "../../src/checkpoint/open_source.ts";
import { saveStoryDecoder } from "../support/stories.ts";
import { decoderFolder, encoderFolder, names, run, temporary } from "./support.ts";

const model = await decoderFolder();
const reference = ["--device", "reference"];
const args = ["--model", model, "--text", "a cat sat on a mat.", ...reference];

/** Names of the elements of a document; throws when one is not closed by its own end. */
function elements(xml: string): string[] {
  const [open, all]: [string[], string[]] = [[], []];
  for (const [, end, name, empty] of xml.matchAll(/<(\/?)([a-z]+)(?:\s+[\w:-]+="[^"<]*")*\s*(\/?)>/g)) {
    if (end) assertEquals(open.pop(), name);
    else all.push(name);
    if (!end && !empty) open.push(name);
  }
  assertEquals(open, []);
  const text = xml.replace(/<style>[^<]*<\/style>/g, "").replace(/<[^<>]*>/g, "");
  assert(!/[<>]|&(?!amp;|lt;|gt;|quot;|#39;)/.test(text), text);
  return all;
}

async function expected(selection: "threshold" | "topk"): Promise<Trace> {
  await using decoder = await Decoder.load(model, { device: "reference" });
  const ids = decoder.tokenizer!.encode("a cat sat on a mat.");
  return await traceDecoder(decoder.model, ids, { model: "m", what: "w" }, selection);
}

for (const selection of ["threshold", "topk"] as const) {
  Deno.test(`depth and experts of every token, ${selection}`, async () => {
    const { code, out, err } = await run("trace", [...args, "--selection", selection], { env: { NO_COLOR: "1" } });
    assertEquals(code, 0, err);
    assert(!out.includes("\x1b"));
    const trace = await expected(selection);
    const rows = (name: string) =>
      out.split("\n").filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(7));
    const bars = rows("depth").join(" ").trim().split(/\s+/);
    assertEquals(bars, trace.tokens.map(({ depth }) => "█".repeat(depth) + "·".repeat(2 - depth)));
    for (const { short, chosen } of trace.tracks) {
      const shown = rows(short).filter((row) => !row.includes("layer")).join(" ").trim().split(/\s+/);
      assertEquals(shown, chosen.flatMap((slots) => slots.length ? [slots.map(({ expert }) => expert).join(",")] : []));
    }
  });
}

Deno.test("colours on terminals, by NO_COLOR and FORCE_COLOR", async () => {
  const { out } = await run("trace", args, { env: { NO_COLOR: "", FORCE_COLOR: "1" } });
  assert(out.includes("\x1b[48;5;") && out.includes("\x1b[0m"));
});

Deno.test("pictures as files, of decoders and encoders, with and without tokenizer", async () => {
  const [encoder, bare, folder] = [
    await encoderFolder(),
    await decoderFolder({ vocab_size: 30 }, false),
    temporary(),
  ];
  const runs = [args, ["--model", encoder, "--text", "a cat", ...reference], [
    "--model",
    bare,
    "--ids",
    "1 2 3",
    ...reference,
  ]];
  for (const [i, flags] of runs.entries()) {
    const files = ["--svg", `${folder}/${i}.svg`, "--html", `${folder}/${i}.html`];
    const { code, err } = await run("trace", [...flags, ...files]);
    assertEquals(code, 0, err);
    const svg = await Deno.readTextFile(`${folder}/${i}.svg`), page = await Deno.readTextFile(`${folder}/${i}.html`);
    assert(svg.startsWith("<svg ") && elements(svg).includes("title"));
    assert(page.startsWith("<!doctype html>") && !/<script|href=|src=|url\(/.test(page));
    assertStringIncludes(page, svg);
  }
  assertEquals(names(folder).length, 6);
});

Deno.test("token texts are the text; characters of several tokens belong to the last of them", async () => {
  const folder = temporary();
  await saveStoryDecoder(folder);
  const tokenizer = (await loadTokenizer(openSource(folder)))!;
  const texts = tokenTexts(tokenizer, tokenizer.encode("é日 otter"));
  assertEquals(texts.filter((text) => !text.startsWith("#")), ["é", "日", " otter"]);
});

Deno.test("hostile tokens are escaped", () => {
  const texts = [
    "</text><script>alert(1)</script>",
    "&lt;",
    "\u0000\u001b[2J",
    "\n",
    " \"'>",
    "\ud800",
    "日本語",
    "𝒳",
    "\u202e",
    "x".repeat(300),
  ];
  const tokens = texts.map((text, id) => ({ text, id, depth: 1 + id % 4, scores: [NaN, 1e30] }));
  const trace: Trace = { model: "<m>", what: "&", N: 4, routing: "expert", joined: true, tokens, tracks: [], E: 0 };
  const svg = traceSvg(trace);
  assert(!elements(svg).includes("script"));
  assert(!/[^\P{Cc}\n]/u.test(svg) && !svg.includes("\u202e".repeat(2)));
  assertEquals(escapeXml("<&>\"'\u0007"), "&lt;&amp;&gt;&quot;&#39;");
  assertEquals(visible("a\tb\n\u001b"), "a⇥b⏎·");
});

Deno.test("lines break where they are full and at line ends; every token stays", () => {
  assertEquals(breakLines(["a", "b", "c\n", "d", "e"], [4, 4, 4, 4, 99], 8), [[0, 1], [2], [3], [4]]);
  assertEquals(breakLines([], [], 8), [[]]);
});

Deno.test("text has a contrast of at least 4.5 on every colour", () => {
  const luminance = (hex: string) => {
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
      .map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const grounds = Array.from({ length: 8 }, (_, e) => expertColour(e));
  for (let N = 1; N <= 6; N++) for (let d = 1; d <= N; d++) grounds.push(depthColour(d, N));
  for (const ground of grounds) {
    const [low, high] = [luminance(ground), luminance(inkOn(ground))].sort((a, b) => a - b);
    assert((high + 0.05) / (low + 0.05) >= 4.5, ground);
  }
});
