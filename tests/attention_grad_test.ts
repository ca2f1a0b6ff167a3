import { assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { hostIndices, type HostTensor, hostTensor } from "../src/op/device.ts";
import { attention, keyRanges } from "../src/ops/attention.ts";
import {
  attentionGradKv,
  attentionGradKvOp,
  attentionGradQ,
  attentionGradQOp,
  attentionStats,
  attentionStatsOp,
} from "../src/ops/attention_grad.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/attention_grad.ts";
import { size, tensor } from "./support/arbitraries.ts";
import { assertGradients, inner } from "./support/differences.ts";
import { equivalence } from "./support/equivalence.ts";

equivalence(attentionStatsOp, cases.attentionStats, 30);
equivalence(attentionGradQOp, cases.attentionGradQ, 30);
equivalence(attentionGradKvOp, cases.attentionGradKv, 30);

const device = new ReferenceDevice("f64");
const heads = { H: 4, G: 2, K: 3 };

type Call = { q: HostTensor; kv: HostTensor; ranges: HostTensor; dy: HostTensor };

/** y, stats, dq and dkv of a call. */
function derive({ q, kv, ranges, dy }: Call, { H, G, K } = heads) {
  const on = { q: device.from(q), kv: device.from(kv), ranges: device.from(ranges) };
  const y = attention(device, on, { H, G, K });
  const up = device.from(dy);
  const stats = attentionStats(device, { ...on, y, dy: up }, { H, G, K });
  const inputs = { ...on, dy: up, stats };
  return {
    y,
    stats,
    dq: attentionGradQ(device, inputs, { H, G, K }),
    dkv: attentionGradKv(device, inputs, { H, G, K }),
  };
}

/** Ranges of sequences given by their ends, as rows see them. */
function rangesOf(ends: readonly number[], causal: boolean, window: number): HostTensor {
  const M = ends[ends.length - 1];
  return keyRanges(device, { offsets: device.from(hostIndices([0, ...ends])) }, { M, causal, window });
}

/** Two sequences of together T rows, 4 query heads that share 2 key heads of width 3. */
const call = size(9, 1).chain((T) =>
  fc.record({
    q: tensor([T, 12]),
    kv: tensor([T, 12]),
    dy: tensor([T, 12]),
    ranges: fc.tuple(fc.nat(T), fc.boolean(), fc.nat(3)).map(([first, ...sees]) => rangesOf([first, T], ...sees)),
  })
);

Deno.test("attentionGradQ, attentionGradKv: equal central differences of attention", () => {
  fc.assert(
    fc.property(call, (test) => {
      const weighed = ({ q, kv }: { q: HostTensor; kv: HostTensor }) => {
        const on = { q: device.from(q), kv: device.from(kv), ranges: device.from(test.ranges) };
        return inner(test.dy, attention(device, on, heads));
      };
      const { dq, dkv } = derive(test);
      assertGradients(weighed, { q: test.q, kv: test.kv }, { q: dq, kv: dkv });
    }),
    { numRuns: 30 },
  );
});

Deno.test("attentionGradQ, attentionGradKv: q·dq and k·dk sum to the same, as scores are linear in both", () => {
  fc.assert(fc.property(call, (test) => {
    const { dq, dkv } = derive(test);
    const T = test.q.shape[0];
    const keys = (of: HostTensor) =>
      Array.from({ length: T }, (_, n) => [...of.data.subarray(12 * n, 12 * n + 6)]).flat();
    // both sides are Σ ds·s
    assertAlmostEquals(inner(test.q, dq), inner({ data: keys(test.kv) }, { data: keys(dkv) }), 1e-9);
  }));
});

Deno.test("attentionGradKv: the sum of dv over keys equals the sum of dy over rows", () => {
  fc.assert(fc.property(call, (test) => {
    const { dkv } = derive(test);
    for (let i = 0; i < 3; i++) { // weights of a row sum to one
      const sum = (data: ArrayLike<number>, columns: number[]) =>
        Array.from(data).reduce((total, value, at) => total + (columns.includes(at % 12) ? value : 0), 0);
      assertAlmostEquals(sum(dkv.data, [6 + i, 9 + i]), sum(test.dy.data, [i, 3 + i, 6 + i, 9 + i]), 1e-9);
    }
  }));
});

Deno.test("attentionStats: δ is Σ p·(dy·v), lse is the score of a row that sees one key", () => {
  const ranges = hostIndices([0, 1, 0, 2, 1, 1], [3, 2]);
  const q = hostTensor([3, 1], Float64Array.of(2, Math.log(3), 5));
  const kv = hostTensor([2, 2], [3, 8, 4, 4]);
  const { stats, dq, dkv } = derive({ q, kv, ranges, dy: hostTensor([3, 1], [10, 4, 7]) }, { H: 1, G: 1, K: 1 });
  // row 0: p = 1; row 1: scores ln 27 and ln 81, p = 1/4, 3/4, y = 5, δ = 20, ds = 1/4·(32 − 20), 3/4·(16 − 20); row 2: none
  const expected = [6, 80, Math.log(108), 20, 0, 0];
  expected.forEach((value, i) => assertAlmostEquals(stats.data[i], value, 1e-12));
  [0, 3 * 3 - 3 * 4, 0].forEach((value, m) => assertAlmostEquals(dq.data[m], value, 1e-12));
  [3 * Math.log(3), 10 + 1, -3 * Math.log(3), 3].forEach((value, i) => assertAlmostEquals(dkv.data[i], value, 1e-12));
});

Deno.test("attentionGradKv: keys outside all ranges have zero gradients, for any values", () => {
  const kv = hostTensor([3, 2], [NaN, NaN, 1, 2, NaN, NaN]);
  const test = { q: hostTensor([1, 1], [1]), kv, ranges: hostIndices([1, 2], [1, 2]), dy: hostTensor([1, 1], [3]) };
  assertEquals([...derive(test, { H: 1, G: 1, K: 1 }).dkv.data], [0, 0, 0, 3, 0, 0]);
});
