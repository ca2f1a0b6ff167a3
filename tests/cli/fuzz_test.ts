// The fuzzing command detects every kind of failure, and a seed reproduces its cases.
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Draw } from "../../cli/fuzz/draw.ts";
import { changeJson, hostileText } from "../../cli/fuzz/hostile.ts";
import { Broken, demand, demandFinite, outcomeOf } from "../../cli/fuzz/target.ts";
import { targets } from "../../cli/fuzz/targets.ts";
import { watch } from "../../cli/fuzz/watch.ts";

const BOUNDS = { seconds: 2, bytes: 4e9 }, LITTLE = { seconds: 60, bytes: 4e8 };

/** Watches a script that has the numbers of cases in `seed`, and may use `say`. */
async function watched(body: string, milliseconds = 60_000, bounds = BOUNDS) {
  const script = await Deno.makeTempFile({ suffix: ".js" });
  const head = "let seed = Number(Deno.args[0]); const say = (line) => console.log(JSON.stringify(line));\n";
  await Deno.writeTextFile(script, head + body);
  try {
    return await watch([script], 7, milliseconds, bounds);
  } finally {
    await Deno.remove(script);
  }
}

const two = 'for (; seed < 9; seed++) say({ seed }), say({ outcome: "taken" });\nsay({ seed });\n';

Deno.test("a case that hangs, crashes, exceeds memory or fails a check is reported with its seed", async () => {
  const cases: [body: string, reason: string][] = [
    ["for (;;);", "no end after"],
    ["Deno.exit(3);", "the process ended with code 3"],
    ['throw new Error("late");', "late"],
    ['say({ broken: "two is three" }); for (;;);', "two is three"],
    ["const all = []; for (;;) all.push(new Uint8Array(1e7).fill(1));", "GB of memory, at most 0.4"],
  ];
  for (const [body, reason] of cases.filter(([, reason]) => Deno.build.os === "linux" || !/memory/.test(reason))) {
    const { cases, taken, failure } = await watched(two + body, 60_000, /memory/.test(reason) ? LITTLE : BOUNDS);
    assertEquals([cases, taken, failure?.seed], [2, 2, 9], reason);
    assertStringIncludes(failure!.reason, reason);
  }
});

Deno.test("the end of the time limit is no failure", async () => {
  const body = 'setInterval(() => (say({ seed: seed++ }), say({ outcome: "refused" })), 20);';
  const { cases, taken, failure } = await watched(body, 6000);
  assert(cases > 0);
  assertEquals([taken, failure], [0, undefined]);
});

Deno.test("only one clear error refuses an input", async () => {
  const thrown = (error: unknown) => outcomeOf(() => Promise.reject(error));
  assertEquals(await outcomeOf(() => Promise.resolve()), "taken");
  assertEquals(await thrown(new RangeError("Cannot read it: it is -1")), "refused");
  const unclear = [
    ...["text", undefined, new Error("x is wrong"), new RangeError("Maximum call stack size exceeded")],
    ...[new TypeError("Cannot read properties of undefined"), new Error("Cannot read " + "x".repeat(4000))],
  ];
  for (const error of unclear) await assertRejects(() => thrown(error), Broken, "not one clear error");
  await assertRejects(() => outcomeOf(() => Promise.resolve(demand(false, () => "a rule"))), Broken, "a rule");
  await assertRejects(
    () => outcomeOf(() => Promise.resolve(demandFinite("x", { data: [1, NaN] }))),
    Broken,
    "x has NaN at 1",
  );
});

Deno.test("a seed gives the same changes, another one others", () => {
  const changed = (seed: number) => {
    const draw = new Draw(seed), json = { a: [1, 2, { b: "c" }], d: { e: null } };
    for (let i = 0; i < 5; i++) changeJson(draw, json);
    return hostileText(draw, json, 3);
  };
  const texts = Array.from({ length: 50 }, (_, seed) => changed(seed));
  assertEquals(Array.from({ length: 50 }, (_, seed) => changed(seed)), texts);
  assert(new Set(texts).size > 45);
});

for (const target of targets) {
  Deno.test(`${target.name}: some inputs are accepted and some are refused`, async () => {
    const run = await target.open();
    const seen = { taken: 0, refused: 0 };
    for (let seed = 0; seed < 60; seed++) seen[await run(new Draw(seed))]++;
    assert(seen.taken > 3 && seen.refused > 3, JSON.stringify(seen));
  });
}
