/** Models from files in memory, in every form that a page has them. */
import { assertEquals, assertRejects } from "@std/assert";
import { type CheckpointSource, Decoder, loadModel, type LoadOptions } from "../../mod.ts";

const folder = new URL("../../models/stories-mor/", import.meta.url);
const names = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];
const contents = await Promise.all(names.map((name) => Deno.readFile(new URL(name, folder))));
const [configBytes, weights] = contents;
const config = JSON.parse(new TextDecoder().decode(configBytes));
const record = <T>(form: (bytes: Uint8Array<ArrayBuffer>, i: number) => T) =>
  Object.fromEntries(contents.map((bytes, i) => [names[i], form(bytes, i)]));

/** A file of a folder that was chosen in a page. */
const chosen = (path: string, bytes: Uint8Array<ArrayBuffer>) =>
  Object.defineProperty(new File([bytes], path.split("/").at(-1)!), "webkitRelativePath", { value: path });

/** First numbers of the hidden state of two tokens. */
async function outputOf(source: CheckpointSource, options: LoadOptions = {}): Promise<number[]> {
  await using model = await loadModel(source, { device: "reference", ...options });
  return [...(await (model as Decoder).forward([[1, 5]])).hidden.data];
}

const expected = await outputOf(folder);

const forms: [string, CheckpointSource, LoadOptions?][] = [
  ["Uint8Array by name", record((bytes) => bytes)],
  ["ArrayBuffer by name", record((bytes) => bytes.buffer)],
  ["Blob by name", record((bytes) => new Blob([bytes]))],
  ["a list of File", contents.map((bytes, i) => new File([bytes], names[i]))],
  ["File[] of a folder", contents.map((bytes, i) => chosen(`stories/${names[i]}`, bytes))],
  ["a FileList", { ...contents.map((bytes, i) => new File([bytes], names[i])), length: 4, ...iterator() } as never],
  ["one ArrayBuffer", weights.buffer, { config }],
  ["one Blob", new Blob([weights]), { config }],
  ["one File of any name", new File([weights], "story.bin"), { config }],
];

/** The iterator of lists. */
function iterator() {
  return { [Symbol.iterator]: Array.prototype[Symbol.iterator] };
}

for (const [form, source, options] of forms) {
  Deno.test(`a model from ${form} is the model from its folder`, async () => {
    assertEquals(await outputOf(source, options), expected);
  });
}

Deno.test("files in memory that are no checkpoint are one clear error", async () => {
  const table: [unknown, string][] = [
    [weights.buffer, "Cannot read config.json: there is none in the given files"],
    [[], "Cannot open the given files: there is no model.safetensors and no model.safetensors.index.json"],
    [[1], "Cannot open a list with 1: expected a path, a URL, a model of the Hub, or files in memory"],
    [{ "config.json": "{}" }, 'Cannot open files in memory, "config.json" is "{}": expected'],
    [[new File([], "a/x"), new File([], "a/x")], 'Cannot open a list of files: two of them are "a/x"'],
  ];
  for (const [source, message] of table) {
    await assertRejects(() => Decoder.load(source as CheckpointSource, { device: "reference" }), Error, message);
  }
});
