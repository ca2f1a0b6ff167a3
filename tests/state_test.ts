/** What a step leaves for the next one: equivalence, and worked examples. */
import { assertEquals, assertThrows } from "@std/assert";
import { hostIndices, hostTensor } from "../src/op/device.ts";
import { count, countOp, deepen, deepenOp, settle, settleOp } from "../src/ops/state.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/state.ts";
import { equivalence } from "./support/equivalence.ts";

equivalence(settleOp, cases.settle);
equivalence(deepenOp, cases.deepen);
equivalence(countOp, cases.count);

const device = new ReferenceDevice();
const whole = (data: number[], shape?: number[]) => device.from(hostIndices(data, shape));
const column = (data: number[]) => device.from(hostTensor([data.length, 1], data));

Deno.test("settle: caches are as long as they have grown, but empty where a sequence begins anew", async () => {
  const lengths = whole([1, 2, 3]);
  settle(device, { lengths, grown: whole([2, 2, 4]) });
  assertEquals([...(await device.read({ lengths })).lengths.data], [2, 2, 4]);
  settle(device, { lengths, grown: whole([3, 3, 5]), leading: whole([7, 0, 9]) });
  assertEquals([...(await device.read({ lengths })).lengths.data], [3, 0, 5]);
});

Deno.test("deepen: the last row of a sequence counts, not those before it", async () => {
  // Sequences of rows 0–2, none, 3, 4–5; rows 0, 2, 3 and 4 ran.
  const inputs = { offsets: whole([0, 3, 3, 4, 6]), rows: whole([0, 2, 3, 4, 0, 0]), kept: whole([0, 2, 2, 3, 4]) };
  const scores = column([0.5, 1.5, 2.5, 3.5, 9, 9]);
  const once = deepen(device, { ...inputs, scores, score: column([-1, -2, -3, -4]) });
  const twice = deepen(device, { ...inputs, ...once });
  const read = await device.read({ depth: once.depth, deeper: twice.depth, score: once.score, same: twice.score });
  assertEquals([[...read.depth.data], [...read.deeper.data]], [[2, 1, 2, 1], [3, 1, 3, 1]]);
  assertEquals([[...read.score.data], [...read.same.data]], Array(2).fill([1.5, -2, 2.5, -4]));
});

Deno.test("count: every sequence counts its own token", async () => {
  const seen = whole([0, 1, 0, 0, 0, 2], [2, 3]);
  count(device, { seen, ids: whole([1, 0]) });
  assertEquals([...(await device.read({ seen })).seen.data], [0, 2, 0, 1, 0, 2]);
});

Deno.test("count: the rows of a list count, as far as it is live", async () => {
  const seen = whole([0, 0, 0, 0, 0, 0, 7, 0], [4, 2]);
  count(device, { seen, ids: whole([1, 0, 99]), rows: whole([2, 0, 1]), offsets: whole([0, 1, 2]) });
  assertEquals([...(await device.read({ seen })).seen.data], [1, 0, 0, 0, 0, 1, 7, 0]);
});

Deno.test("state: says what does not fit", () => {
  const lengths = whole([1, 2]);
  assertThrows(() => settle(device, { lengths, grown: whole([1]) }), RangeError, "grown has shape [1], expected [2]");
  const depth = device.from(hostTensor([1], [1]));
  const inputs = { offsets: whole([0, 1, 2]), rows: whole([0]), kept: whole([0, 1, 1]), score: column([0, 0]) };
  const refused = (change: object, reason: string) =>
    assertThrows(() => deepen(device, { ...inputs, ...change }), RangeError, `Cannot apply deepen: ${reason}`);
  refused({ depth }, "depth has shape [1], expected [2]");
  refused({ scores: inputs.score }, "scores has shape [2,1], expected [1,1]");
  refused({ score: column([0]) }, "score has shape [1,1], expected [2,1]");
  assertThrows(() => count(device, { seen: whole([0, 0], [1, 2]), ids: lengths }), RangeError, "ids has shape [2]");
  const seen = whole([0, 0, 0], [3, 1]);
  assertThrows(() => count(device, { seen, ids: lengths, rows: whole([1]) }), RangeError, "rows has shape [1]");
});
