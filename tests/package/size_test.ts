/** Sizes of bundles after gzip: what an import costs, and what a story loads in all. */
import { assert, assertEquals } from "@std/assert";
import { runQuietly } from "../../cli/support/process.ts";
import { project } from "./support.ts";

const folder = await project("esbuild@0.28");

/** The part of esbuild's description of its outputs that is read here. */
interface Outputs {
  readonly [path: string]: {
    readonly imports: readonly { readonly path: string; readonly kind: string }[];
    readonly inputs: Readonly<Record<string, unknown>>;
  };
}

/** Bundles one import, minified, with modules that are imported later as files of their own. */
async function bundle(name: string, from: string): Promise<Outputs> {
  const entry = `${from.split("/").pop()}.js`;
  await Deno.writeTextFile(`${folder}/${entry}`, `import { ${name} } from "${from}";\nglobalThis.used = ${name};\n`);
  const options = ["--bundle", "--minify", "--format=esm", "--splitting", "--outdir=size", "--metafile=size.json"];
  await runQuietly("npx", ["esbuild", entry, ...options], { cwd: folder });
  return JSON.parse(await Deno.readTextFile(`${folder}/size.json`)).outputs;
}

/** Files that a page loads with one of them; `wanted` chooses the inputs of files that are imported later. */
function loadedWith(outputs: Outputs, path: string, wanted: (input: string) => boolean, seen = new Set<string>()) {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const { path: next, kind } of outputs[path].imports) {
    if (kind === "import-statement" || Object.keys(outputs[next].inputs).some(wanted)) {
      loadedWith(outputs, next, wanted, seen);
    }
  }
  return seen;
}

/** Bytes of files, each after gzip. */
async function gzipBytes(paths: Iterable<string>): Promise<number> {
  let bytes = 0;
  for (const path of paths) {
    const file = new Blob([await Deno.readFile(`${folder}/${path}`)]).stream();
    bytes += (await new Response(file.pipeThrough(new CompressionStream("gzip"))).arrayBuffer()).byteLength;
  }
  return bytes;
}

/** Folders and files of the package that inference does not load. */
const TRAINING = /transformers\/(reference\/|src\/train\/|src\/ops\/tape|kernels\/training|kernels\/ops\/\w*_grad)/;

Deno.test("import { Decoder } costs at most 70 KB after gzip, and a story loads no training and no reference", async () => {
  const outputs = await bundle("Decoder", "@refrain/transformers/decoder");
  const none = () => false;
  const backend = (input: string) => /kernels\/host\/open\.js|src\/tokenizer\/tokenizer\.js/.test(input);
  const [first, story] = [none, backend].map((wanted) => loadedWith(outputs, "size/decoder.js", wanted));
  const [import_, all] = [await gzipBytes(first), await gzipBytes(story)];
  const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} KB`;
  console.log(`import { Decoder }: ${kilobytes(import_)}; all that a story loads: ${kilobytes(all)} (after gzip)`);
  assert(import_ <= 70_000, `${import_} bytes`);
  assert(all <= 120_000, `${all} bytes`);
  assert(story.size > first.size, "the backend is a file of its own");
  assertEquals([...story].flatMap((path) => Object.keys(outputs[path].inputs).filter((it) => TRAINING.test(it))), []);
  assert(Object.values(outputs).some(({ inputs }) => Object.keys(inputs).some((it) => TRAINING.test(it))));
});
