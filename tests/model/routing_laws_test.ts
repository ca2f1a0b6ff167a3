// Laws of Mixture-of-Recursions over random models, on the reference in double precision.
import fc from "fast-check";
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { HostTensor } from "../../src/op/device.ts";
import { type DecoderParams, decoderSchema } from "../../src/model/decoder_schema.ts";
import { DecoderModel } from "../../src/infer/decoder.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { recursionByHand } from "../support/by_hand.ts";
import { decoderOn, largestDifference, smallDecoder, someIds, spreadWeights } from "../support/models.ts";

const reference = new ReferenceDevice("f64");
const device = reference;
const routed = (json = {}) => ({
  recursion: { sharing: "middle_cycle", num_recursions: 3, routing: "expert", alpha: 1, ...json },
});
const seeds = fc.integer({ min: 0, max: 2 ** 30 });
const kv = fc.constantFrom("recursion", "share", "hybrid");
const check = <A>(arbitrary: fc.Arbitrary<A>, law: (value: A) => Promise<void>) =>
  fc.assert(fc.asyncProperty(arbitrary, law), { numRuns: 15 });

Deno.test("threshold: changing the future changes nothing before it, for every source of keys", async () => {
  await check(fc.record({ seed: seeds, kv, cut: fc.integer({ min: 1, max: 11 }) }), async ({ seed, kv, cut }) => {
    for (const routing of ["expert", "token"]) {
      const gate = routing === "token" ? "softmax" : "sigmoid";
      const model = decoderOn(device, routed({ kv, routing, gate }), seed);
      const ids = someIds(seed, 12);
      const changed = [...ids.slice(0, cut), ...someIds(seed + 1, 12 - cut)];
      const [a, b] = [await model.forward([ids]), await model.forward([changed])];
      assertEquals(a.hidden.data.slice(0, cut * 16), b.hidden.data.slice(0, cut * 16));
      assertEquals(a.depth.slice(0, cut), b.depth.slice(0, cut));
    }
  });
});

Deno.test("top-k: changing the future does change the past for some model", async () => {
  let changes = 0;
  for (let seed = 0; seed < 12; seed++) {
    const model = decoderOn(device, routed(), seed);
    const ids = someIds(seed, 12);
    const options = { selection: "topk" } as const;
    const a = await model.forward([ids], options);
    const b = await model.forward([[...ids.slice(0, 8), ...someIds(seed + 99, 4)]], options);
    changes += Number(largestDifference(a.hidden.data.slice(0, 128), b.hidden.data.slice(0, 128)) > 0);
  }
  assertNotEquals(changes, 0);
});

Deno.test("selection: active rows of a recursion are among those of the one before; top-k keeps k_r of each sequence", async () => {
  await check(seeds, async (seed) => {
    const model = decoderOn(device, routed(), seed);
    const batch = [someIds(seed, 12), someIds(seed + 1, 1), someIds(seed + 2, 7)];
    for (const selection of ["threshold", "topk"] as const) {
      const { recursions, depth } = await model.forward(batch, { selection });
      recursions.slice(1).forEach(({ active }, r) => {
        active.forEach((on, row) => assert(!on || recursions[r].active[row] === 1, `row ${row} re-entered`));
      });
      depth.forEach((recursed) => assert(recursed >= 1 && recursed <= 3));
      if (selection === "threshold") continue;
      const kept = recursions.map(({ active }) => active.subarray(0, 12).reduce((a, b) => a + b, 0));
      assertEquals(kept, [12, 8, 4]);
    }
  });
});

Deno.test("sequences do not see each other: permuting a batch permutes its rows", async () => {
  await check(fc.record({ seed: seeds, kv }), async ({ seed, kv }) => {
    const model = decoderOn(device, routed({ kv }), seed);
    const [a, b] = [someIds(seed, 9), someIds(seed + 1, 5)];
    for (const selection of ["threshold", "topk"] as const) {
      const ab = await model.forward([a, b], { selection });
      const ba = await model.forward([b, a], { selection });
      assertEquals(ab.hidden.data.slice(0, 144), ba.hidden.data.slice(80));
      assertEquals(ab.hidden.data.slice(144), ba.hidden.data.slice(0, 80));
    }
  });
});

Deno.test("capacity 1 and gate 1 is plain recursion: x + F(x), N times, whichever way rows are selected", async () => {
  await check(fc.record({ seed: seeds, kv: fc.constantFrom("recursion" as const, "share" as const) }), async (test) => {
    const { seed, kv } = test;
    // routers of zero give z = 0: every row passes the threshold, and 2·σ(0) = 1
    const config = smallDecoder(routed({ kv, alpha: 2, capacity: [1, 1, 1] }));
    const spread = spreadWeights<DecoderParams<HostTensor>>(decoderSchema(config), seed);
    const routers = spread.routers.map(({ out }) => ({ out: { ...out, data: out.data.map(() => 0) } }));
    const model = new DecoderModel(device, config, { ...spread, routers });
    const ids = someIds(seed, 9);
    const expected = recursionByHand(reference, config, spread, ids);
    for (const selection of ["threshold", "topk"] as const) {
      const { hidden, depth } = await model.forward([ids], { selection });
      assertEquals(depth, new Int32Array(9).fill(3));
      assertEquals(hidden.data, expected.data);
    }
  });
});

Deno.test("KV sharing on selected rows equals processing all rows and keeping the selected", async () => {
  await check(seeds, async (seed) => {
    // shared keys do not depend on the selection: a row's F(x) is the same for any other selected rows
    const config = smallDecoder(routed({ kv: "share", gate: "none" }));
    const params = spreadWeights<DecoderParams<HostTensor>>(decoderSchema(config), seed);
    const ids = someIds(seed, 10);
    for (const selection of ["threshold", "topk"] as const) {
      const { hidden, recursions } = await new DecoderModel(device, config, params).forward([ids], { selection });
      const gates = recursions.map(({ active, scores }) =>
        scores!.map((z, row) => active[row] ? z : 0) as Float64Array
      );
      const expected = recursionByHand(reference, config, params, ids, gates);
      assertEquals(hidden.data, expected.data);
    }
  });
});
