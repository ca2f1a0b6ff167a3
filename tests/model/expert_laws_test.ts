// Laws of mixtures of LoRAs over random models, on the reference in double precision.
import fc from "fast-check";
import { assert, assertEquals } from "@std/assert";
import { MERGES } from "../../src/op/kinds.ts";
import type { HostTensor } from "../../src/op/device.ts";
import type { LayerParams } from "../../src/model/parameters.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { decoderOn, encoderOn, largestDifference, someIds } from "../support/models.ts";

const device = new ReferenceDevice("f64");
const seeds = fc.integer({ min: 0, max: 2 ** 30 });
const check = <A>(arbitrary: fc.Arbitrary<A>, law: (value: A) => Promise<void>) =>
  fc.assert(fc.asyncProperty(arbitrary, law), { numRuns: 15 });
const mol = { layers: [1, 2], num_experts: 3, top_k: 2, lora_rank: 2, lora_alpha: 4 };
const recursion = { sharing: "middle_cycle", num_recursions: 3, routing: "expert", alpha: 1 };

/** Two ways to the same number in double precision agree to the last place of single precision. */
function assertSame(a: HostTensor, b: HostTensor): void {
  const scale = Math.max(...(a.data as Float64Array).map(Math.abs));
  assert(largestDifference(a.data, b.data) <= 2 ** -24 * scale, `differ by ${largestDifference(a.data, b.data)}`);
}

type Change = (layer: LayerParams<HostTensor>) => LayerParams<HostTensor>;
const changeMol = (change: (name: string, tensor: HostTensor) => HostTensor): Change => (layer) => {
  if (!layer.mlp.mol) return layer;
  const entries = Object.entries(layer.mlp.mol).map(([name, tensor]) => [name, change(name, tensor as HostTensor)]);
  return { ...layer, mlp: { ...layer.mlp, mol: Object.fromEntries(entries) } };
};
const zeroB = changeMol((name, tensor) => name.endsWith("B") ? { ...tensor, data: tensor.data.map(() => 0) } : tensor);
const equalExperts = changeMol((name, { shape, data }) => {
  const size = data.length / shape[0];
  return name === "router" ? { shape, data } : { shape, data: data.map((_, index) => data[index % size]) };
});

async function mergesExactly(json: object, change: Change, seed: number): Promise<void> {
  const ids = [someIds(seed, 7), someIds(seed + 1, 3)];
  const encoder = encoderOn(device, json as never, seed, (p) => ({ ...p, groups: p.groups.map(change) }));
  const decoder = decoderOn(
    device,
    { recursion, mol: { ...mol, ...json } },
    seed,
    (p) => ({ ...p, layers: p.layers.map(change) }),
  );
  for (const mode of MERGES) {
    assertSame((await encoder.forward(ids)).hidden, (await (await encoder.merge({ mode })).forward(ids)).hidden);
    assertSame((await decoder.forward(ids)).hidden, (await (await decoder.merge({ mode })).forward(ids)).hidden);
  }
}

Deno.test("merging is exact for one expert, for equal experts, and for B = 0", async () => {
  await check(seeds, (seed) => mergesExactly({ num_experts: 1, top_k: 1, norm_top_k: true }, (layer) => layer, seed));
  await check(seeds, (seed) => mergesExactly({ norm_top_k: true }, equalExperts, seed));
  await check(seeds, (seed) => mergesExactly({ norm_top_k: true }, zeroB, seed));
});

Deno.test("merging changes a model with different experts, and removes routing", async () => {
  const encoder = encoderOn(device);
  const merged = await encoder.merge();
  const ids = [someIds(1, 9)];
  const [before, after] = [await encoder.forward(ids), await merged.forward(ids)];
  assert(largestDifference(before.hidden.data, after.hidden.data) > 0);
  assertEquals([before.experts.length, after.experts.length], [2, 0]);
});

Deno.test("with one expert per token and raw weights, mixtures of outputs and of weights differ; with B = 0 and w = 1 they agree", async () => {
  const ids = [someIds(3, 8)];
  const hidden = async (mix: string, k: number, change: Change) => {
    const json = { mol_mix: mix, top_k: k, norm_top_k: true };
    return (await encoderOn(device, json, 5, (p) => ({ ...p, groups: p.groups.map(change) })).forward(ids)).hidden;
  };
  assertSame(await hidden("output", 1, (layer) => layer), await hidden("weight", 1, (layer) => layer));
  assertSame(await hidden("output", 2, zeroB), await hidden("weight", 2, zeroB));
  const [outputs, weights] = [await hidden("output", 2, (layer) => layer), await hidden("weight", 2, (layer) => layer)];
  assert(largestDifference(outputs.data, weights.data) > 2 ** -10);
});

Deno.test("experts see exactly the rows that are active in their recursion", async () => {
  await check(seeds, async (seed) => {
    const model = decoderOn(device, { recursion, mol }, seed);
    const { experts, recursions } = await model.forward([someIds(seed, 11), someIds(seed + 1, 4)]);
    assertEquals(experts.length, 6);
    for (const { application, rows, weights, experts: chosen } of experts) {
      const active = [...recursions[application].active.entries()].filter(([, on]) => on).map(([row]) => row);
      assertEquals([...rows], active);
      for (let index = 0; index < rows.length; index++) {
        assert(Math.abs(weights[2 * index] + weights[2 * index + 1] - 1) <= 2 ** -23);
        assert(chosen[2 * index] !== chosen[2 * index + 1]);
      }
    }
  });
});

Deno.test("encoder: sequences do not see each other", async () => {
  await check(seeds, async (seed) => {
    const encoder = encoderOn(device, {}, seed);
    const [a, b] = [someIds(seed, 6), someIds(seed + 1, 4)];
    const [ab, ba] = [await encoder.forward([a, b]), await encoder.forward([b, a])];
    assertEquals(ab.hidden.data.slice(0, 96), ba.hidden.data.slice(64));
    const changed = await encoder.forward([[...a.slice(0, 5), (a[5] + 1) % 29], b]);
    assertEquals(ab.hidden.data.slice(96), changed.hidden.data.slice(96));
  });
});

Deno.test("encoder: every token sees its whole sequence", async () => {
  const encoder = encoderOn(device);
  const ids = someIds(1, 6);
  const [before, after] = [ids, [...ids.slice(0, 5), (ids[5] + 1) % 29]].map((text) => encoder.forward([text]));
  const [a, b] = [(await before).hidden.data, (await after).hidden.data];
  for (let m = 0; m < 6; m++) {
    assert(largestDifference(a.slice(16 * m, 16 * m + 16), b.slice(16 * m, 16 * m + 16)) > 1e-6, `row ${m}`);
  }
});

Deno.test("ModernBERT: a window wider than the text has no effect; a narrow one masks distant tokens", async () => {
  const json = (window: number, every: number) => ({
    model_type: "modernbert",
    local_attention: window,
    global_attn_every_n_layers: every,
    global_rope_theta: 10000,
  });
  const ids = someIds(4, 12);
  const hidden = async (window: number, every = 9) =>
    (await encoderOn(device, json(window, every), 2).forward([ids])).hidden;
  assertEquals((await hidden(40)).data, (await hidden(128, 1)).data);
  assert(largestDifference((await hidden(2)).data, (await hidden(128, 1)).data) > 0);
});
