// The log of a run can be read back and drawn.
import fc from "fast-check";
import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { formatLogLine, type LogLine, parseLog, type StepLogLine } from "../../src/train/run/log_lines.ts";
import { panels, title } from "../../cli/support/training_panels.ts";
import { drawTrainingPicture } from "../../cli/support/training_picture.ts";
import { averaged, thinned } from "../../cli/support/training_series.ts";

const routing = {
  rows: 8,
  depth: { shares: [0, 0.5, 0.5], mean: 1.5, dead: 0 },
  agreement: 0.9,
  experts: [{ layer: 1, shares: [0.75, 0.25], maxViolation: 0.5 }],
};
const step = (at: number, more: Partial<StepLogLine> = {}): StepLogLine => ({
  kind: "step",
  step: at,
  labels: 64,
  losses: { lm: 3 - at / 10, total: 3 },
  gradientNorm: 1,
  learningRate: 1e-3,
  ...more,
});
const evaluation: LogLine = {
  kind: "evaluation",
  step: 2,
  heldOut: {
    topk: { nats: 2.5, tokens: 9, bitsPerByte: 1.25, routing: { rows: 9, agreement: 0.875 } },
    threshold: { nats: 2.75, tokens: 9 },
  },
};
const written = (lines: readonly LogLine[]) => lines.map(formatLogLine).join("");

Deno.test("log: lines are restored exactly, with every float32", () => {
  const lines = [step(0), step(1, { routing }), evaluation];
  assertEquals(parseLog(written(lines)), lines);
  fc.assert(fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
    const [{ losses }] = parseLog(written([step(0, { losses: { lm: value } })])) as StepLogLine[];
    assertEquals(Math.fround(losses.lm), value === 0 ? 0 : value);
  }));
});

Deno.test("log: numbers that are not finite are restored as NaN", () => {
  const [{ losses, gradientNorm }] = parseLog(
    written([step(0, { losses: { lm: NaN }, gradientNorm: Infinity })]),
  ) as StepLogLine[];
  assertEquals([losses.lm, gradientNorm], [NaN, NaN]);
});

Deno.test("log: truncated anywhere, its complete lines can be read", () => {
  const lines = [step(0), step(1, { routing }), evaluation, step(2)];
  const text = written(lines);
  fc.assert(fc.property(fc.integer({ min: 0, max: text.length }), (end) => {
    const whole = text.slice(0, end).split("\n").length - 1;
    assertEquals(parseLog(text.slice(0, end)), lines.slice(0, whole));
  }));
});

Deno.test("log: a damaged line is reported with its reason", () => {
  const read = (line: string) => () => parseLog(`${written([step(0)])}${line}\n`, "runs/log.jsonl");
  const good = JSON.parse(written([step(1)]));
  const json = (changes: Record<string, unknown>) => JSON.stringify({ ...good, ...changes });
  assertThrows(read('{"kind":"st'), RangeError, "Cannot read runs/log.jsonl: line 2: ");
  assertThrows(read("7"), RangeError, "7 is not an object");
  assertThrows(read(json({ kind: "stop" })), RangeError, 'line 2: kind is "stop", expected "step" or "evaluation"');
  assertThrows(read(json({ gradientNorm: undefined })), RangeError, "gradientNorm is not a number");
  assertThrows(read(json({ losses: 3 })), RangeError, "losses.lm is not a number");
  assertThrows(read(json({ losses: { lm: "3" } })), RangeError, 'losses.lm is "3", expected a number');
  assertThrows(read(json({ losses: { ln: 3 } })), RangeError, "losses.lm is not a number");
  assertThrows(read(json({ labels: [3] })), RangeError, "labels is not a number");
  assertThrows(read(json({ step: 0.5 })), RangeError, "step is 0.5, expected a whole number");
});

const points = (values: readonly number[]) => values.map((value, step) => ({ step, series: "a", value }));

Deno.test("series: thinning keeps the mean of equal buckets, the last step, and at most so many points", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 9 }), (most, size) => {
    const values = Array.from({ length: most * size }, (_, i) => (i * 7) % 11);
    const few = thinned(points(values), most);
    assertEquals(few.length, most);
    assertEquals(few.at(-1)!.step, values.length - 1);
    const mean = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
    assertAlmostEquals(mean(few.map(({ value }) => value)), mean(values), 1e-9);
  }));
  assertEquals(thinned([]), []);
});

Deno.test("series: an average over neighbours leaves straight lines alone and gaps out", () => {
  const line = points(Array.from({ length: 9 }, (_, i) => 2 * i));
  averaged(line, 5).slice(2, -2).forEach(({ step, value }) => assertAlmostEquals(value, 2 * step, 1e-12));
  assertEquals(averaged(points([1, NaN, 3]), 3).map(({ value }) => value), [2, 2]);
});

/** Titles and legends of all panels. */
function drawn(lines: readonly LogLine[]) {
  // deno-lint-ignore no-explicit-any
  const flat = panels([{ name: "run", lines }]).flatMap((panel: any) => panel.hconcat ?? [panel]);
  return flat.map(({ title, layer }) => [title.text, layer[0].encoding.color.scale.domain]);
}

Deno.test("picture: a panel for each quantity in the log", () => {
  const update = [["Gradient norm", ["training"]], ["Learning rate", ["training"]]];
  assertEquals(drawn([step(0), step(1)]), [["Loss", ["training"]], ...update]);
  assertEquals(drawn([step(0), step(1, { routing }), evaluation]), [
    ["Loss", ["training", "held out, top-k", "held out, threshold"]],
    ["Depth", ["1 recursion", "2 recursions"]],
    ["Agreement of the causal threshold with top-k", ["training", "held out, top-k"]],
    ["Load of experts, layer 1", ["expert 0", "expert 1"]],
    ["Imbalance of loads (MaxVio)", ["layer 1"]],
    ...update,
  ]);
  const { subtitle } = title([{ name: "run", lines: [step(0), evaluation] }]);
  assertEquals(subtitle, "1 step; held out, top-k 2.500 nats (1.250 bits/byte); held out, threshold 2.750 nats");
});

Deno.test("picture: NaN is left out of curves, and a log without steps is refused", async () => {
  const bad = step(1, { losses: { lm: NaN }, gradientNorm: NaN });
  for (const lines of [[bad], [step(0), bad]]) {
    assert(!JSON.stringify(panels([{ name: "run", lines }])).includes('"value":null'));
  }
  await assertRejects(() => drawTrainingPicture([{ name: "run", lines: [evaluation] }]), RangeError, "has no steps");
});
