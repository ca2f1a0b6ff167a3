/** The shaders that the lint reads are those that run: one set of kernels, two dialects. */
import { assert, assertEquals } from "@std/assert";
import { vocabulary } from "../src/ops/vocabulary.ts";
import { examples } from "../cli/lint_wgsl/examples.ts";
import { gpuTest } from "./support/gpu.ts";

const all = [...examples()];

Deno.test("examples: every operation is there, and no shader twice", () => {
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

gpuTest("examples: the device's own dialect is the one it compiles", async ({ device, adapter }) => {
  const example = all.find(({ wgsl }) => wgsl.startsWith("enable subgroups;") === device.features.has("subgroups"));
  assert(example);
  device.pushErrorScope("validation");
  device.createShaderModule({
    code: adapter.dialect === "tint" ? example.wgsl : example.wgsl.replace("enable subgroups;", ""),
  });
  assertEquals(await device.popErrorScope(), null);
});
