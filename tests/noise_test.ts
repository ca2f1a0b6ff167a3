import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { hostIndices, type HostTensor, hostTensor } from "../src/op/device.ts";
import { dropout, dropoutOp, jitter, jitterOp } from "../src/ops/noise.ts";
import { uniformAt } from "../src/common/random.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/noise.ts";
import { tensor } from "./support/arbitraries.ts";
import { assertGradients, inner } from "./support/differences.ts";
import { equivalence } from "./support/equivalence.ts";
import { gpuTest } from "./support/gpu.ts";

equivalence(dropoutOp, cases.dropout);
equivalence(jitterOp, cases.jitter);

const ones = (count: number) => hostTensor([count], new Float32Array(count).fill(1));
const apply = (op: typeof dropout, x: HostTensor, seed: number, params: { rate: number; salt: number }) => {
  const device = new ReferenceDevice("f64");
  return op(device, device.from(x), { seed: device.from(hostIndices([seed, 0])) }, params);
};

gpuTest("dropout: the kernel drops exactly what the reference drops, for any seed, place and rate", async (device) => {
  const x = ones(4097);
  const sizes = fc.double({ min: 2 ** -126, max: 0.9999, noNaN: true });
  const rates = fc.oneof(fc.constant(0), sizes, fc.nat(2 ** 24 - 2).map((n) => n / 2 ** 24));
  await fc.assert(
    fc.asyncProperty(cases.seeds, cases.salts, rates, async (seed, salt, rate) => {
      const kept = [...apply(dropout, x, seed, { rate, salt }).data].map(Boolean);
      const y = dropout(device, device.from(x), { seed: device.from(hostIndices([seed, 0])) }, { rate, salt });
      assertEquals([...(await device.read({ y })).y.data].map(Boolean), kept);
    }),
    { numRuns: 15 },
  );
});

gpuTest("dropout: a draw that equals a rate float32 rounds down is dropped", async (device) => {
  const [seed, salt] = [5, 6];
  const place = Array.from({ length: 64 }, (_, i) => i).find((i) => uniformAt(seed, salt, i) > 0.5)!;
  const rate = uniformAt(seed, salt, place) + 2 ** -27; // in float32 it is the draw itself
  assertEquals(Math.fround(rate), uniformAt(seed, salt, place));
  const y = dropout(device, device.from(ones(64)), { seed: device.from(hostIndices([seed, 0])) }, { rate, salt });
  assertEquals((await device.read({ y })).y.data[place], 0);
});

gpuTest("jitter: numbers beyond element 2²⁴ are their own", async (device) => {
  const count = 2 ** 24 + 6, seed = -7, salt = 3;
  const x = device.from(ones(count));
  const { y } = await device.read({
    y: jitter(device, x, { seed: device.from(hostIndices([seed, 0])) }, { rate: 0.5, salt }),
  });
  for (let i = count - 9; i < count; i++) {
    assert(Math.abs(y.data[i] - 0.5 - uniformAt(seed, salt, i)) <= 2 ** -23, `element ${i}`);
  }
  device.free(x);
});

Deno.test("noise: rows of a step draw the same numbers in whatever parts and lists they come", () => {
  const [device, M, D] = [new ReferenceDevice("f64"), 12, 3];
  const law = fc.record({
    cut: fc.nat(M),
    rows: fc.subarray([...Array(M).keys()]),
    first: fc.nat(99),
    seed: cases.seeds,
  });
  const x = tensor([M, D]);
  fc.assert(fc.property(law, x, ({ cut, rows, first, seed }, { data }) => {
    const part = (from: number, to: number) => device.from(hostTensor([to - from, D], data.slice(from * D, to * D)));
    const at = (row: number) => device.from(hostIndices([seed, row]));
    for (const op of [dropout, jitter]) {
      const params = { rate: 0.4, salt: 2 };
      const whole = [...op(device, part(0, M), { seed: at(first) }, params).data];
      const start = op(device, part(0, cut), { seed: at(first) }, params);
      const rest = op(device, part(cut, M), { seed: at(first + cut) }, params);
      assertEquals([...start.data, ...rest.data], whole);
      const taken = rows.flatMap((m) => [...data.slice(m * D, (m + 1) * D)]);
      const listed = { seed: at(first), rows: device.from(hostIndices(rows)) };
      const some = op(device, device.from(hostTensor([rows.length, D], taken)), listed, params);
      assertEquals([...some.data], rows.flatMap((m) => whole.slice(m * D, (m + 1) * D)));
    }
  }));
});

Deno.test("dropout: keeps the mean, and is the identity at rate 0; jitter too", () => {
  const x = ones(1 << 16);
  for (const rate of [0.1, 0.5, 0.9]) {
    const { data } = apply(dropout, x, 3, { rate, salt: 1 });
    const mean = inner(x, { data }) / data.length;
    assert(Math.abs(mean - 1) <= 5 * Math.sqrt(rate / (1 - rate) / data.length), `${mean} at rate ${rate}`);
  }
  fc.assert(fc.property(tensor([3, 7]), cases.seeds, (x, seed) => {
    for (const op of [dropout, jitter]) {
      assertEquals(apply(op, x, seed, { rate: 0, salt: 4 }).data, Float64Array.from(x.data));
    }
    const factors = apply(jitter, ones(21), seed, { rate: 0.1, salt: 4 }).data;
    for (const factor of factors) assert(factor >= 0.9 && factor < 1.1);
  }));
});

for (const [name, op] of [["dropout", dropout], ["jitter", jitter]] as const) {
  Deno.test(`${name}: linear and self-adjoint, so that it is its own derivative`, () => {
    const three = fc.tuple(tensor([5, 3]), tensor([5, 3]), cases.seeds);
    fc.assert(
      fc.property(three, ([x, upstream, seed]) => {
        const f = (x: HostTensor) => apply(op, x, seed, { rate: 0.4, salt: 9 });
        const doubled = f({ ...x, data: x.data.map((value) => 2 * value) });
        assertEquals(doubled.data, f(x).data.map((value) => 2 * value));
        assert(Math.abs(inner(upstream, f(x)) - inner(f(upstream), x)) <= 1e-12);
        assertGradients(({ x }) => inner(upstream, f(x)), { x }, { x: f(upstream) });
      }),
      { numRuns: 20 },
    );
  });
}
