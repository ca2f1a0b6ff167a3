/** Files, functions and shader bodies stay short enough to be read at one sitting. */
import { assertEquals } from "@std/assert";

const root = new URL("../", import.meta.url);
const folders = ["api/", "src/", "reference/", "kernels/", "cli/", "tests/", "bench/", "vendor/"];
const ceiling = { file: 200, test: 150, function: 60, wgsl: 80 };

type Piece = { range: [number, number]; kind: "function" | "wgsl" };

/** Functions and template strings marked with a wgsl comment. */
function pieces(source: string): Piece[] {
  const found: Piece[] = [];
  const add = (node: { range: [number, number] }) => void found.push({ range: node.range, kind: "function" });
  const create = () => ({
    FunctionDeclaration: add,
    FunctionExpression: add,
    ArrowFunctionExpression: add,
    TemplateLiteral: ({ range }: { range: [number, number] }) => {
      if (/\/\*\s*wgsl\s*\*\/\s*$/.test(source.slice(0, range[0]))) found.push({ range, kind: "wgsl" });
    },
  });
  Deno.lint.runPlugin({ name: "ceilings", rules: { collect: { create } } }, "file.ts", source);
  return found;
}

const count = (text: string) => text.split("\n").length;

/** What is too long in one file. */
function tooLong(path: string, source: string): string[] {
  const length = count(source.trimEnd());
  const most = path.startsWith("tests/") ? ceiling.test : ceiling.file;
  const found = length > most ? [`${path}: ${length} lines, at most ${most}`] : [];
  for (const { range, kind } of pieces(source)) {
    const lines = count(source.slice(...range)), line = count(source.slice(0, range[0]));
    if (lines > ceiling[kind]) found.push(`${path}:${line}: a ${kind} of ${lines} lines, at most ${ceiling[kind]}`);
  }
  return found;
}

function* files(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, root))) {
    if (isDirectory) yield* files(`${folder}${name}/`);
    else if (name.endsWith(".ts")) yield `${folder}${name}`;
  }
}

Deno.test("no file, function or shader body is over its ceiling", () => {
  const every = ["mod.ts", ...folders.flatMap((folder) => [...files(folder)])];
  const found = every.flatMap((path) => tooLong(path, Deno.readTextFileSync(new URL(path, root))));
  assertEquals(found, []);
});

Deno.test("the ceilings report files and functions that are too long", () => {
  const lines = (n: number) => "\n".repeat(n - 1);
  assertEquals(tooLong("src/a.ts", `const a = 1;${lines(201)}const b = 2;`).length, 1);
  assertEquals(tooLong("tests/a_test.ts", `const a = 1;${lines(151)}const b = 2;`).length, 1);
  assertEquals(tooLong("src/a.ts", `function f(a: { b: number }): { c: number } {${lines(61)}}`).length, 1);
  assertEquals(tooLong("src/a.ts", `const f = () => {${lines(60)}};`).length, 0);
  assertEquals(tooLong("kernels/a.ts", `const s = /* wgsl */ \`${lines(81)}\`;`).length, 1);
  assertEquals(tooLong("kernels/a.ts", `const s = \`${lines(81)}\`;`).length, 0);
});
