/** Documents and comments name files and sections that the repository has. */
import { assertEquals } from "@std/assert";

const root = new URL("../", import.meta.url);
const isMissing = (error: unknown) => error instanceof Deno.errors.NotFound;

/** Every file below a folder of the repository, without build outputs and data. */
function* filesBelow(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder || ".", root))) {
    if (name.startsWith(".") || ["node_modules", "run", "data"].includes(name) && folder !== "src/train/") continue;
    if (isDirectory) yield* filesBelow(`${folder}${name}/`);
    else yield `${folder}${name}`;
  }
}

const files = [...filesBelow("")];
const textOf = (path: string) => Deno.readTextFileSync(new URL(path, root));

/** Whether a path, or a bare file name, is there; `f` stands for any family of operations in ARCHITECTURE.md. */
function exists(path: string): boolean {
  if (/\/f(_test|_bench)?(\.ts|\/)?$/.test(path)) return true;
  if (!path.includes("/")) return files.some((file) => file.split("/").pop() === path);
  try {
    return Boolean(Deno.statSync(new URL(path, root)));
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Paths of the repository in code spans and links of a Markdown text, and bare names of TypeScript and Markdown files. */
function pathsIn(text: string): string[] {
  const spans = [...text.matchAll(/`([^`\n]+)`|\]\(([^)\s]+)\)/g)].flatMap(([, code, link]) =>
    (code ?? link).split(/[\s,]+/)
  );
  const inside = /^(api|bench|cli|docs|kernels|models|reference|src|tests|vendor)\/[\w./-]*$/;
  const bare = /^[\w-]+\.(ts|md)$/;
  return spans.filter((span) => inside.test(span) || bare.test(span));
}

/** Citations of Markdown files in the comments of a TypeScript text, with the section in quotes where one follows. */
function citationsIn(text: string): { file: string; section?: string }[] {
  const comments = [...text.matchAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/ .*/g)].map(([comment]) => comment);
  const joined = comments.join("\n").replaceAll(/\s*\n\s*(\*|\/\/)?\s*/g, " ");
  return [...joined.matchAll(/([\w./-]+\.md)\b(?:(?:,)? "([^"]+)")?/g)].map(([, file, section]) => ({ file, section }));
}

function headingsOf(path: string): string[] {
  return [...textOf(path).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading);
}

/** Example names: folders that users create, and folders that git ignores. */
const EXAMPLES = ["models/tiny", "models/encoder", "models/data/", "models/merged"];
const isExample = (path: string) => EXAMPLES.some((example) => path.startsWith(example));

Deno.test("docs: every path that a document names is in the repository", () => {
  const documents = files.filter((file) => file.endsWith(".md"));
  const missing = documents.flatMap((document) => {
    const near = (path: string) => exists(path) || exists(document.replace(/[^/]*$/, path));
    return pathsIn(textOf(document)).filter((path) => !isExample(path) && !near(path)).map((path) =>
      `${document}: ${path}`
    );
  });
  assertEquals(missing, []);
});

Deno.test("docs: comments cite documents of the repository, and sections that these have", () => {
  const wrong = files.filter((file) => file.endsWith(".ts") && file !== "tests/docs_test.ts").flatMap((file) =>
    citationsIn(textOf(file)).filter(({ file: cited, section }) =>
      !exists(cited) || (section !== undefined && !headingsOf(cited).includes(section))
    ).map(({ file: cited, section }) => `${file}: ${cited}${section === undefined ? "" : `, "${section}"`}`)
  );
  assertEquals(wrong, []);
});

Deno.test("docs: an equation leads to its model code, reference, kernel and test in four files", () => {
  for (const [document, names] of Object.entries(PATHS)) {
    const rows = textOf(document).split("\n").filter((line) => line.startsWith("|"));
    for (const name of names) {
      const row = rows.find((line) => line.startsWith(`| ${name} `)) ?? "";
      const paths = pathsIn(row), of = (folder: RegExp) => paths.filter((path) => folder.test(path)).length;
      assertEquals([/^src\//, /^reference\//, /^kernels\//, /^tests\//].map(of), [1, 1, 1, 1], `${document}: ${name}`);
    }
  }
});

/** Equations whose row of the last table has exactly one file of each kind. */
const PATHS: Record<string, string[]> = {
  "docs/mor.md": ["Expert-choice", "Causal threshold", "Recursive KV sharing", "Depth-wise batching"],
  "docs/mol.md": ["Top-k experts", "EMA merging"],
};

Deno.test("docs: the checks report missing files and names", () => {
  assertEquals(pathsIn("`src/ops/no.ts` and [a](docs/no.md), not `a/b` or `f(x)`"), ["src/ops/no.ts", "docs/no.md"]);
  assertEquals([exists("src/ops/no.ts"), exists("no.ts"), exists("src/ops/select.ts")], [false, false, true]);
  const comment = '/**\n * See docs/mor.md,\n * "Expert-choice" and spec.md §3.\n */\nconst a = "b.md"; // as in c.md';
  const cited = [{ file: "docs/mor.md", section: "Expert-choice" }, ...["spec.md", "c.md"].map((file) => ({ file }))];
  assertEquals(citationsIn(comment).map(({ file, section }) => section ? { file, section } : { file }), cited);
});
