/** The lint reads the shaders that run: one set of kernels, two dialects. */
import { assert, assertEquals } from "@std/assert";
import { vocabulary } from "../src/ops/vocabulary.ts";
import { examples } from "../cli/lint_wgsl/examples.ts";
import { gpuTest } from "./support/gpu.ts";

const all = [...examples()];

Deno.test("examples: every operation has one, and no shader occurs twice", () => {
  const names = all.map(({ name }) => name.match(/\((\w+), (cpu|gpu)/)?.[1]);
  assertEquals(Object.keys(vocabulary).filter((name) => !names.includes(name)), []);
  assertEquals(new Set(all.map(({ wgsl, constants }) => JSON.stringify([wgsl, constants]))).size, all.length);
});

Deno.test("examples: every override has a value, and subgroups are enabled where they are used", () => {
  for (const { name, wgsl, constants } of all) {
    const overrides = [...wgsl.matchAll(/^override (\w+)/gm)].map(([, override]) => override);
    assertEquals(overrides.sort(), Object.keys(constants).sort(), name);
    assertEquals(wgsl.includes("enable subgroups;"), /\bsubgroup\w+\(/.test(wgsl), name);
  }
});

/** Lines that an assembled shader has at most, but for those of {@link UNROLLED}. */
const CEILING = 150;

/** Kernels of longer shaders, with the reason. */
const UNROLLED = {
  attention: "queries, keys and sums of a head are registers: compilers put arrays that a loop indexes into memory",
  "linear.tile": "each row and column of a tile is a register",
  "linearGradW.tile": "each row and column of a tile is a register",
  sample: "filters and the draw share passes over the logits: as several kernels they would read them anew",
};

Deno.test("examples: only unrolled kernels have more than 150 lines", () => {
  const lines = (wgsl: string) => wgsl.split("\n").filter((line) => line.trim() !== "").length;
  const long = all.filter(({ wgsl }) => lines(wgsl) > CEILING).map(({ name }) => name.split(" ")[0]);
  assertEquals([...new Set(long)].filter((name) => !Object.keys(UNROLLED).some((start) => name.startsWith(start))), []);
  for (const start of Object.keys(UNROLLED)) assert(long.some((name) => name.startsWith(start)), `${start} is short`);
});

gpuTest("examples: the device's own dialect is the one it compiles", async ({ device, adapter }) => {
  const example = all.find(({ wgsl }) => wgsl.startsWith("enable subgroups;") === device.features.has("subgroups"));
  assert(example);
  device.pushErrorScope("validation");
  device.createShaderModule({
    code: adapter.dialect === "tint" ? example.wgsl : example.wgsl.replace("enable subgroups;", ""),
  });
  assertEquals(await device.popErrorScope(), null);
});
