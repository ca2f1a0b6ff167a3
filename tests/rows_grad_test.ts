import fc from "fast-check";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { hostIndices, type HostTensor, hostTensor } from "../src/op/device.ts";
import { gather, scatterAdd } from "../src/ops/rows.ts";
import { dotRows, dotRowsOp, scaleRows, scaleRowsOp, scatter, scatterOp } from "../src/ops/rows_grad.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/rows_grad.ts";
import { tensor } from "./support/arbitraries.ts";
import { assertGradients, inner } from "./support/differences.ts";
import { equivalence, worstRatio } from "./support/equivalence.ts";
import { gpuTest } from "./support/gpu.ts";

equivalence(scatterOp, cases.scatter);
equivalence(scaleRowsOp, cases.scaleRows);
equivalence(dotRowsOp, cases.dotRows);

const device = new ReferenceDevice("f64");
const [M, D] = [6, 3];

/** Rows x, a list of some of them, as many rows y with gates, a live part of the list, and gradients of both sizes. */
const routed = fc.subarray([0, 1, 2, 3, 4, 5], { minLength: 1 }).chain((rows) =>
  fc.record({
    x: tensor([M, D]),
    y: tensor([rows.length, D]),
    gates: tensor([rows.length, 1]),
    rows: fc.constant(device.from(hostIndices(rows))),
    offsets: fc.nat(rows.length).map((live) => device.from(hostIndices([0, live]))),
    dx: tensor([M, D]),
    dy: tensor([rows.length, D]),
  })
);

/** The live part of a gradient, with zeros beyond it. */
const liveOf = (host: HostTensor, live: number): HostTensor => {
  const width = host.shape[1];
  return hostTensor(host.shape, Float64Array.from(host.data, (value, at) => at < live * width ? value : 0));
};

Deno.test("scatter: the gradient of gather", () => {
  fc.assert(fc.property(routed, ({ x, rows, offsets, dy }) => {
    const forward = ({ x }: { x: HostTensor }) => inner(gather(device, device.from(x), rows, offsets), dy);
    assertGradients(forward, { x }, { x: scatter(device, { y: device.from(dy), rows, offsets }, { M }) });
  }));
});

Deno.test("scaleRows, dotRows: the gradients of gated scatter", () => {
  fc.assert(fc.property(routed, ({ x, y, gates, rows, offsets, dx }) => {
    const on = (t: Record<"x" | "y" | "gates", HostTensor>) =>
      scatterAdd(device, { x: device.from(t.x), y: device.from(t.y), gates: device.from(t.gates), rows, offsets });
    const upstream = device.from(dx);
    const picked = gather(device, upstream, rows, offsets);
    assertGradients((t) => inner(on(t), dx), { x, y, gates }, {
      x: upstream,
      y: scaleRows(device, { x: picked, gates: device.from(gates), offsets }),
      gates: dotRows(device, { a: picked, b: device.from(y), offsets }),
    });
  }));
});

Deno.test("scatter: ⟨gather(x), y⟩ = ⟨x, scatter(y)⟩, and gather inverts scatter", () => {
  fc.assert(fc.property(routed, ({ x, rows, offsets, dy }) => {
    const live = liveOf(dy, offsets.data[1]);
    const out = scatter(device, { y: device.from(dy), rows, offsets }, { M });
    assertAlmostEquals(inner(gather(device, device.from(x), rows, offsets), live), inner(out, x), 1e-12);
    assertEquals(gather(device, out, rows, offsets).data, live.data);
  }));
});

Deno.test("rows_grad: worked examples; entries beyond the live part are never used", () => {
  const y = device.from(hostTensor([2, 2], [1, 2, 3, 4]));
  const offsets = device.from(hostIndices([0, 1]));
  const rows = device.from(hostIndices([1, -7]));
  assertEquals([...scatter(device, { y, rows, offsets }, { M: 3 }).data], [0, 0, 1, 2, 0, 0]);
  const gates = device.from(hostTensor([2, 1], [-0.5, NaN]));
  assertEquals([...scaleRows(device, { x: y, gates, offsets }).data.subarray(0, 2)], [-0.5, -1]);
  assertEquals([...dotRows(device, { a: y, b: y }).data], [5, 25]);
});

gpuTest("rows_grad: more rows than one axis of a grid holds, and no rows at all", async (device) => {
  for (const S of [0, 66_000]) {
    const column = hostTensor([S, 1], Float32Array.from({ length: S }, (_, s) => s + 1));
    const rows = hostIndices(Array.from({ length: S }, (_, s) => s));
    await worstRatio(device, scatterOp, { inputs: { y: column, rows }, params: { M: S + 3 } });
    await worstRatio(device, scaleRowsOp, { inputs: { x: column, gates: column }, params: {} });
    await worstRatio(device, dotRowsOp, { inputs: { a: column, b: column }, params: {} });
  }
});
