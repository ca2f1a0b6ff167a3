/** routeTokens and fitCapacity: equivalence, laws of routing, worked examples. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { hostIndices, hostTensor } from "../src/op/device.ts";
import { fitCapacity, fitCapacityOp, routeTokens, routeTokensOp } from "../src/ops/route_tokens.ts";
import { SLOT, STAGE } from "../src/ops/slots.ts";
import { ReferenceDevice, type RefTensor } from "../reference/mod.ts";
import * as cases from "./cases/route_tokens.ts";
import { equivalence } from "./support/equivalence.ts";
import { slotTable } from "./support/slots.ts";

equivalence(routeTokensOp, cases.routeTokens, 90);
equivalence(fitCapacityOp, cases.fitCapacity);

const device = new ReferenceDevice();
const whole = (data: number[], shape?: number[]) => device.from(hostIndices(data, shape));
const { idle, block, left } = STAGE;

/** Row s of a table of slots, or of z. */
const row = ({ data, shape }: RefTensor, s: number) => [...data.subarray(s * shape[1], (s + 1) * shape[1])];

Deno.test("routeTokens: each listed slot enters stage block or left; idle and unlisted slots are unchanged", () => {
  fc.assert(fc.property(cases.routeTokens, ({ inputs, params }) => {
    const hosts = Object.entries(inputs).filter(([, host]) => host);
    const call = Object.fromEntries(hosts.map(([name, host]) => [name, device.from(host!)])) as Record<
      "slots" | "z" | "rows" | "offsets" | "clock",
      RefTensor
    >;
    const before = { slots: device.from(inputs.slots), z: device.from(inputs.z) };
    const live = call.rows.data.subarray(0, call.offsets.data[call.offsets.data.length - 1]);
    routeTokens(device, call, params);
    for (let s = 0; s < call.slots.shape[0]; s++) {
      const [old, now] = [row(before.slots, s), row(call.slots, s)];
      if (live.includes(s) && old[SLOT.stage] !== idle) {
        assert(now[SLOT.stage] === block || now[SLOT.stage] === left);
        const stayed = params.ran && now[SLOT.stage] === old[SLOT.stage];
        assertEquals(now[SLOT.since], stayed ? old[SLOT.since] : call.clock.data[0]);
      } else {
        assertEquals(now, old);
        assertEquals(row(call.z, s), row(before.z, s));
      }
    }
  }));
});

Deno.test("routeTokens: over repeated calls, a token runs min(N, cap, chosen) recursions at most, and all of them if it may", () => {
  const tokens = cases.layouts.chain((layout) => {
    const N = layout.recursionRows.length;
    const scores = fc.array(fc.constantFrom(-1, -0, 0, 2), { minLength: N, maxLength: N });
    return fc.record({
      layout: fc.constant(layout),
      cap: fc.nat(N + 1),
      chosen: fc.option(fc.nat(N - 1), { freq: 1 }),
      said: scores,
      pages: fc.nat(2),
      cached: fc.nat(3),
    });
  });
  fc.assert(
    fc.property(tokens, ({ layout, cap, chosen, said, pages, cached }) => {
      const N = layout.recursionRows.length;
      const slots = device.from(slotTable(N, [{ stage: left, cap, pages, rows: Array(N).fill(cached) }]));
      const inputs = { slots, z: device.from(hostTensor([1, 1], [0])), rows: whole([0]), offsets: whole([0, 1]) };
      const routing = chosen === null
        ? { scores: device.from(hostTensor([1, N], said)) }
        : { experts: whole([chosen], [1, 1]), weights: device.from(hostTensor([1, 1], [0.5])) };
      let runs = 0;
      for (; runs <= N && (runs === 0 || slots.data[SLOT.stage] === block); runs++) {
        routeTokens(device, { ...inputs, clock: whole([runs]), ...routing }, { layout, ran: runs > 0 });
      }
      runs--; // the first call sent it into the first recursion, each of the others came after one
      const most = Math.max(1, Math.min(N, cap, chosen === null ? N : chosen + 1));
      assert(1 <= runs && runs <= most);
      assertEquals(slots.data[SLOT.depth], runs);
      const stops = (r: number) =>
        (chosen === null && said[r] < 0) || (!layout.share && cached >= pages * layout.recursionRows[r]);
      const expected = Array.from({ length: most }, (_, r) => r).find((r) => r > 0 && stops(r)) ?? most;
      assertEquals(runs, expected);
      const written = Array.from({ length: N }, (_, r) => cached + Number(layout.share ? r === 0 : r < runs));
      assertEquals([...slots.data.subarray(SLOT.rows)], written);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("routeTokens: auxiliary scores decide, but scores become z; a chosen depth has its weight all the way", () => {
  const layout = { pages: 4, pageRows: 2, recursionRows: [2, 2, 1], share: false };
  const slots = device.from(slotTable(3, [
    { stage: block, since: 3, cap: 3, chosen: 3, pages: 4, rows: [1, 1, 1] }, // goes on into recursion 1
    { stage: idle, since: 3 },
    { stage: block, since: 3, cap: 3, chosen: 3, pages: 4, rows: [1, 8, 1] }, // has no room there
  ]));
  const z = device.from(hostTensor([3, 1], [7, 7, 7]));
  const inputs = { slots, z, rows: whole([2, 0, 1]), offsets: whole([0, 3]), clock: whole([9]) };
  const scores = device.from(hostTensor([3, 3], [0, 0, 0, -1, -2, -3, 0, 0, 0]));
  const auxiliary = device.from(hostTensor([3, 3], [1, 1, 1, -1, 0, -1, 1, 1, 1]));
  routeTokens(device, { ...inputs, scores, auxiliary }, { layout, ran: true });
  const stages = [0, 1, 2].map((s) => row(slots, s).slice(0, 3));
  assertEquals(stages, [[block, 1, 3], [idle, 0, 3], [left, 1, 9]]);
  assertEquals([...z.data], [-2, 7, 7]);
  assertEquals(row(slots, 2).slice(SLOT.rows), [2, 8, 1]);

  const chosen = { experts: whole([0, 1, 2], [3, 1]), weights: device.from(hostTensor([3, 1], [0.5, 0.25, 1])) };
  routeTokens(device, { ...inputs, ...chosen, clock: whole([10]) }, { layout, ran: false });
  assertEquals([...z.data], [0.25, 7, 0.5]);
  assertEquals([0, 2].map((s) => row(slots, s)[SLOT.chosen]), [2, 1]);
  routeTokens(device, { ...inputs, ...chosen, clock: whole([11]) }, { layout, ran: true });
  assertEquals([0, 2].map((s) => row(slots, s).slice(0, 3)), [[block, 1, 10], [left, 1, 11]]);
  assertEquals([...z.data], [0.25, 7, 0.5]);
});

Deno.test("fitCapacity: keeps the first rows of a slot up to its free capacity; a second call keeps none", () => {
  const layout = { pages: 9, pageRows: 4, recursionRows: [4, 3], share: false };
  const slots = device.from(slotTable(2, [{ pages: 1, rows: [9, 1] }, { pages: 2, rows: [0, 7] }, { pages: 1 }]));
  const offsets = whole([0, 4, 5, 6]);
  const first = fitCapacity(device, { slots, rows: whole([5, 6, 7, 8, 20, 30]), offsets }, { layout, recursion: 1 });
  assertEquals([...first.kept.data], [0, 2, 2, 3]);
  assertEquals([...first.rows.data.subarray(0, 3)], [5, 6, 30]);
  const full = device.from(slotTable(2, [{ pages: 1, rows: [0, 3] }, { pages: 2, rows: [0, 6] }, { rows: [0, 9] }]));
  assertEquals([
    ...fitCapacity(device, { slots: full, rows: whole([5, 6, 7, 8, 20, 30]), offsets }, { layout, recursion: 1 }).kept
      .data,
  ], [
    0,
    0,
    0,
    0,
  ]);
});
