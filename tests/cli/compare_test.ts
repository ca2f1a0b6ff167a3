/** Comparison of training runs. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { shortNames } from "../../cli/compare.ts";
import { formatLogLine, type LogLine } from "../../src/train/run/log_lines.ts";
import { panels } from "../../cli/support/training_panels.ts";
import { run, temporary } from "./support.ts";

/** A log of expert routing whose loss falls from `high` by 1/8 a step. */
function log(high: number, shares: readonly number[]): LogLine[] {
  const steps = Array.from({ length: 4 }, (_, step): LogLine => ({
    ...{ kind: "step", step, labels: 8, gradientNorm: 1, learningRate: 1e-3 },
    losses: { lm: high - step / 8, total: high },
    routing: { rows: 8, depth: { shares: [0, 0.5, 0.5], mean: 1.5, dead: 0 }, agreement: 0.8 },
  }));
  const depth = { shares, mean: shares.reduce((sum, share, d) => sum + d * share, 0), dead: 0 };
  const result = { tokens: 8, routing: { rows: 8, depth } };
  const heldOut = { topk: { ...result, nats: high }, threshold: { ...result, nats: high + 1, bitsPerByte: 2 } };
  return [...steps, { kind: "evaluation", step: 4, heldOut }];
}
const runs = [{ name: "a", lines: log(3, [0, 1, 0]) }, { name: "b", lines: log(2, [0, 0.25, 0.75]) }];

Deno.test("compare: several runs share the panels, each a curve and the points of generation under its name", () => {
  // deno-lint-ignore no-explicit-any
  const flat = panels(runs).flatMap((panel: any) => panel.hconcat ?? [panel]);
  const seen = flat.map(({ title, layer: [curves, points] }) => {
    const of = (series: string, { data: { values } }: typeof curves) =>
      values.filter((point: { series: string }) => point.series === series).map(({ value }: { value: number }) =>
        value
      );
    return [title.text, curves.encoding.color.scale.domain, of("b", curves).at(-1), points && of("b", points)];
  });
  assertEquals(seen, [
    ["Loss", ["a", "b"], 1.625, [3]],
    ["Depth", ["a", "b"], 1.5, [1.75]],
    ["Agreement of the causal threshold with top-k", ["a", "b"], 0.8, undefined],
    ["Gradient norm", ["a", "b"], 1, undefined],
    ["Learning rate", ["a", "b"], 1e-3, undefined],
  ]);
});

Deno.test("compare: a run has the same colour in panels that others have no numbers for", () => {
  const plain = { name: "c", lines: runs[0].lines.slice(0, 4).map((line) => ({ ...line, routing: undefined })) };
  // deno-lint-ignore no-explicit-any
  const [loss, depth] = panels([plain, ...runs]).slice(0, 2).map(({ layer }: any) => layer[0].encoding.color);
  assertEquals([loss.scale.domain, depth.scale.domain], [["c", "a", "b"], ["a", "b"]]);
  assertEquals(depth.scale.range, loss.scale.range.slice(1));
});

Deno.test("compare: names are the ends of paths that differ", () => {
  assertEquals(shortNames(["x/a/run", "y/b/run/"]), ["a/run", "b/run"]);
  assertEquals(shortNames(["a/log.jsonl", "b"]), ["a", "b"]);
  assertEquals(shortNames(["a", "a"]), ["a", "a"]);
});

Deno.test("compare: prints a line of numbers for each run and draws them", async () => {
  const folder = temporary();
  for (const { name, lines } of runs) {
    await Deno.mkdir(`${folder}/${name}`);
    await Deno.writeTextFile(`${folder}/${name}/log.jsonl`, lines.map(formatLogLine).join(""));
  }
  const { code, out, err } = await run("compare", [`${folder}/a`, `${folder}/b/log.jsonl`, "--out", `${folder}/c.svg`]);
  const rows = out.trimEnd().split("\n").map((line) => line.split(/  +/));
  assertEquals(rows.slice(1), [["a", "4", "2.625", "4.000", "2.000", "1.00"], [
    "b",
    "4",
    "1.625",
    "3.000",
    "2.000",
    "1.75",
  ]]);
  if (code !== 0) assertStringIncludes(err, "cannot be loaded"); // no registry of packages
  else for (const name of ["a", "b"]) assertStringIncludes(await Deno.readTextFile(`${folder}/c.svg`), `>${name}<`);
  await Deno.writeTextFile(`${folder}/log.jsonl`, "");
  assertStringIncludes((await run("compare", [`${folder}/nowhere`])).err, "nowhere/log.jsonl");
  assertStringIncludes((await run("compare", [folder])).err, "its log has no steps");
  assertStringIncludes((await run("compare", [`${folder}/a`, `${folder}/a/`])).err, "it is given twice");
  assertStringIncludes((await run("compare", [])).err, "RUN is missing");
});
