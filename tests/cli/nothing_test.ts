/** Commands without anything to do fail with a message. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fitLines, fits } from "../../cli/support/limits.ts";
import { assertRefused, decoderFolder, run, temporary } from "./support.ts";

const root = new URL("../../", import.meta.url).pathname;

/** Runs a bench. */
async function bench(name: string, ...args: string[]) {
  const command = { args: ["run", "-A", "--no-check", `${root}/bench/${name}.ts`, ...args] };
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), command).output();
  return { code, out: new TextDecoder().decode(stdout), bytes: stdout, err: new TextDecoder().decode(stderr) };
}

Deno.test("benches, doctor and conformance: help, misspelt flags, and no samples", async () => {
  for (const [name, flag, near] of [["throughput", "--batc", "--batch"], ["peers", "--samplse", "--samples"]]) {
    assertStringIncludes(
      assertRefused(await bench(name, `${flag}=3`)),
      `${flag} is not a flag, the nearest is ${near}`,
    );
  }
  assertStringIncludes(assertRefused(await bench("throughput", "--only", "vanila")), "Cannot measure vanila: expected");
  assertStringIncludes(assertRefused(await bench("train", "--strct")), "the nearest is --strict");
  for (const none of ["0", "1.5"]) {
    assertStringIncludes(assertRefused(await bench("peers", "--samples", none)), "a whole number of at least 1");
  }
  for (const name of ["doctor", "conformance"]) {
    assertStringIncludes(assertRefused(await run(name, ["--jsn"])), "the nearest is --json");
    const help = await run(name, ["--help"]);
    assertEquals([help.code, help.err], [0, ""]);
    assertStringIncludes(help.out, `deno task ${name}`);
  }
});

Deno.test("commands: empty sets of what they work on are refused", async () => {
  const model = ["--model", await decoderFolder(), "--device", "reference"];
  const refused = async (name: string, ...args: string[]) => assertRefused(await run(name, args));
  const out = `${temporary()}/out`;
  assertEquals((await run("merge", [...model, "--out", out])).code, 0);
  const merged = ["--model", out, "--device", "reference", "--out", `${out}-again`];
  assertStringIncludes(await refused("merge", ...merged), "Cannot merge experts: this model has none");
  assertStringIncludes(
    await refused("sample_corpus", ...model, "--out", out, "--documents", "0"),
    "expected a whole number of at least 1",
  );
  assertStringIncludes(await refused("conformance"), "DIR is missing");
  const empty = temporary();
  const { code, out: report } = await run("conformance", [empty, "--device", "reference"]);
  assertEquals(code, 1);
  assertStringIncludes(report, "it is not a golden folder");
});

Deno.test("doctor: how models fit into an adapter's binding size", () => {
  const by = Object.fromEntries(fits(2 ** 27).map((fit) => [fit.model, fit]));
  const of = (model: string) => [by[model].split, by[model].parts, by[model].runs];
  assertEquals(of("modernbert-base"), [1, 2, true]);
  assertEquals(of("smollm-360m"), [1, 2, true]);
  assertEquals(of("smollm-135m"), [0, 1, true]);
  assertEquals(by["modernbert-base"].largest, 4 * 50368 * 768);
  assertEquals(by["modernbert-base"].tokens, 14563);
  assert(fits(2 ** 31).every(({ split, runs }) => split === 0 && runs));
  assert(fits(1024).some(({ runs }) => !runs), "a row of 768 columns has more than 1,024 bytes");
  const lines = fitLines(2 ** 27).join("\n");
  assertStringIncludes(lines, "A binding holds 134 MB");
  assertStringIncludes(lines, "1 tensor in row parts, the largest in 2; 14563 tokens at once");
});
