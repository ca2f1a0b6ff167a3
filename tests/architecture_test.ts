/** The import graph keeps its direction, and every operation has its whole row: reference, kernel, test and bench. */
import { assert, assertEquals } from "@std/assert";
import type { AnyOp } from "../src/op/op.ts";
import { arrows, root } from "./support/imports.ts";
import { vocabulary } from "../src/ops/vocabulary.ts";

const library = ["mod.ts", "api", "src", "reference", "kernels"];

/** What each part of the library may import; cli, tests and bench join everything. */
const mayImport: Record<string, string[]> = {
  "src": ["src"],
  "reference": ["reference", "src"],
  "kernels": ["kernels", "src"],
  "api": ["api", "src", "reference", "kernels"],
  "mod.ts": ["api", "src", "reference", "kernels"],
  "cli": ["cli", "vendor", ...library],
};

/** Inside src each of these knows only itself and what stands before it. */
const order = [
  "src/common/",
  "src/op/",
  "src/ops/",
  "src/model/config/",
  "src/model/",
  "src/checkpoint/",
  "src/tokenizer/",
  "src/train/",
  "src/infer/",
];

/** Why a file must not import another, or undefined when it may; `to` is a path in the project or a package. */
function wrong(from: string, to: string): string | undefined {
  const part = from.split("/")[0], target = to.split("/")[0];
  const local = /\.(ts|json)$/.test(to) && !to.includes(":");
  if (from === "src/checkpoint/host.ts" && to === "node:fs") return undefined; // its types; bundlers drop them
  if (!local) return library.includes(part) ? `${from} imports the package ${to}` : undefined;
  if (mayImport[part]?.includes(target) === false) return `${from} imports ${to}`;
  const rank = (path: string) => order.findIndex((prefix) => path.startsWith(prefix));
  if (rank(from) >= 0 && rank(to) > rank(from)) return `${from} imports ${to}, which stands above it`;
}

Deno.test("no file imports against the direction", async () => {
  const found = await arrows();
  assert(found.length > 0);
  assertEquals(found.map(([from, to]) => wrong(from, to)).filter(Boolean), []);
});

Deno.test("the direction rule reports imports in the wrong direction", () => {
  const bad = [
    ["src/ops/linear.ts", "src/model/layer.ts"],
    ["src/op/op.ts", "src/ops/vocabulary.ts"],
    ["src/model/layer.ts", "reference/linear.ts"],
    ["reference/linear.ts", "kernels/linear.ts"],
    ["kernels/linear.ts", "reference/linear.ts"],
    ["kernels/linear.ts", "npm:fast-check@4"],
    ["src/checkpoint/files.ts", "node:fs"],
    ["cli/demo.ts", "tests/linear_test.ts"],
    ["mod.ts", "cli/demo.ts"],
  ];
  for (const [from, to] of bad) assert(wrong(from, to), `${from} → ${to}`);
  assertEquals(wrong("src/model/layer.ts", "src/ops/linear.ts"), undefined);
  assertEquals(wrong("kernels/linear.ts", "src/op/op.ts"), undefined);
  assertEquals(wrong("cli/demo.ts", "npm:x@1"), undefined);
});

Deno.test("every operation has its reference, kernel, test and bench in files of its family", () => {
  const missing: string[] = [];
  for (const [name, op] of Object.entries<AnyOp>(vocabulary)) {
    if (op.name !== name) missing.push(`${name}: its name is ${op.name}`);
    const one = (...paths: string[]) => paths.some(exists) || missing.push(`${name}: no ${paths.join(" or ")}`);
    one(`src/ops/${op.family}.ts`);
    if (!op.compose) one(`reference/${op.family}.ts`);
    one(`kernels/ops/${op.family}.ts`, `kernels/ops/${op.family}/`);
    one(`tests/${op.family}_test.ts`);
    one(`bench/${op.family}_bench.ts`);
  }
  assertEquals(missing, []);
});

Deno.test("the lock file holds only the packages deno.json names", () => {
  // Every task downloads all that the lock names, so tools with large packages run with --no-lock.
  const read = (name: string) => JSON.parse(Deno.readTextFileSync(new URL(name, root)));
  const major = (specifier: string) => specifier.replace(/(@)\^?(\d+)\..*$/, "$1$2");
  const named = Object.values(read("deno.json").imports as Record<string, string>).map(major);
  const locked = Object.keys(read("deno.lock").specifiers ?? {}).map(major);
  assertEquals(locked.filter((specifier) => !named.includes(specifier)), []);
});

function exists(path: string): boolean {
  try {
    return Deno.statSync(new URL(path, root)) !== undefined;
  } catch {
    return false;
  }
}
