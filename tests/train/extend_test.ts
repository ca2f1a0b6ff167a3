// Adding experts and routers to trained models.
import fc from "fast-check";
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import type { HostTensor } from "../../src/op/device.ts";
import { type DecoderParams, decoderSchema } from "../../src/model/decoder_schema.ts";
import { type EncoderParams, encoderSchema } from "../../src/model/encoder_schema.ts";
import { DecoderModel } from "../../src/infer/decoder.ts";
import { EncoderModel } from "../../src/infer/encoder.ts";
import { extendDecoder, extendEncoder } from "../../src/train/start/extend.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { largestDifference, smallDecoder, smallEncoder, someIds, spreadWeights } from "../support/models.ts";

const device = new ReferenceDevice("f64");
const recursion = { sharing: "middle_cycle", num_recursions: 3, routing: "expert", alpha: 1 };
const mol = { layers: [1, 2], num_experts: 3, top_k: 2, lora_rank: 2, lora_alpha: 4 };
const none = { num_experts: 0, expert_intermediate_size: 24 };

function decoder(json = {}, seed = 1) {
  const config = smallDecoder(json);
  return { config, params: spreadWeights<DecoderParams<HostTensor>>(decoderSchema(config), seed) };
}

function encoder(json = {}, seed = 1) {
  const config = smallEncoder(json);
  return { config, params: spreadWeights<EncoderParams<HostTensor>>(encoderSchema(config), seed) };
}

/** Experts of one have weights of exactly 1; two share 1 up to rounding of double precision. */
const boundOf = (k: number, hidden: HostTensor) =>
  k === 1 ? 0 : 2 ** -40 * Array.from(hidden.data).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

Deno.test("extend: fresh experts do not change the function of a decoder or an encoder", async () => {
  const cases = fc.record({ seed: fc.nat(1e6), k: fc.integer({ min: 1, max: 2 }) });
  await fc.assert(
    fc.asyncProperty(cases, async ({ seed, k }) => {
      const ids = [someIds(seed, 7), someIds(seed + 1, 3)];
      const experts = { top_k: k, norm_top_k: true };
      const text = decoder({ recursion }, seed);
      const routed = smallDecoder({ recursion, mol: { ...mol, ...experts } });
      const before = await new DecoderModel(device, text.config, text.params).forward(ids);
      const after = await new DecoderModel(device, routed, extendDecoder(text, routed, seed).params).forward(ids);
      assertEquals([before.experts.length, after.experts.length], [0, 6]);
      assert(largestDifference(before.hidden.data, after.hidden.data) <= boundOf(k, before.hidden));
      const masked = encoder(none, seed);
      const mixed = smallEncoder({ expert_intermediate_size: 24, ...experts });
      const first = await new EncoderModel(device, masked.config, masked.params).forward(ids);
      const { params } = extendEncoder(masked, mixed, seed);
      const second = await new EncoderModel(device, mixed, params).forward(ids);
      assertEquals([first.experts.length, second.experts.length], [0, 2]);
      assert(largestDifference(first.hidden.data, second.hidden.data) <= boundOf(k, first.hidden));
    }),
    { numRuns: 10 },
  );
});

Deno.test("extend: A starts Kaiming-uniform, B at zero, the router normal; weights that do not sum to 1 are noted", () => {
  const config = smallDecoder({ recursion, mol: { ...mol, norm_top_k: false } });
  const { params, notes, layers } = extendDecoder(decoder({ recursion }), config, 5);
  const { inA, inB, outA, outB, router } = params.layers[1].mlp.mol!;
  for (const b of [inB, outB]) assert(b.data.every((value: number) => value === 0));
  for (const a of [inA, outA]) {
    const bound = 1 / Math.sqrt(a.shape[2]);
    assert(
      a.data.every((value: number) => Math.abs(value) <= bound) && a.data.some((value: number) => value > bound / 2),
    );
  }
  assertNotEquals(params.layers[2].mlp.mol!.inA.data, inA.data);
  assert(router.data.every((value: number) => value !== 0 && Math.abs(value) < 0.2));
  assertEquals([notes.length, layers], [1, [[0], [1], [2], [3]]]);
  assertEquals(extendDecoder(decoder({ recursion }), smallDecoder({ recursion, mol })).notes, []);
});

Deno.test("extend: routers are the only fresh weights; all others are the source's own arrays", () => {
  const source = decoder({ recursion: { ...recursion, routing: "none" } });
  for (const routing of ["expert", "token"]) {
    const gate = routing === "token" ? "softmax" : "sigmoid";
    const target = smallDecoder({ recursion: { ...recursion, routing, gate, balancing: "loss_free" } });
    const { params, copied, fresh, leftOver } = extendDecoder(source, target);
    assertEquals(
      fresh,
      routing === "expert"
        ? [0, 1, 2].map((r) => `model.recursion.routers.${r}.weight`)
        : ["model.recursion.router.weight", "model.recursion.router_bias"],
    );
    assertEquals([copied.length, leftOver], [2 + 4 * 9, []]);
    params.layers.forEach(({ qkv, mlp }, u) => {
      assert(qkv === source.params.layers[u].qkv && mlp.down === source.params.layers[u].mlp.down);
    });
  }
});

Deno.test("extend: a parameter of another shape is random, and unused in the source", () => {
  const { fresh, leftOver, params } = extendEncoder(encoder(none), smallEncoder());
  assertEquals(leftOver, ["groups.1.mlp.Wi.weight", "groups.1.mlp.Wo.weight"]);
  assertEquals(fresh.filter((name) => !/experts|router/.test(name)), leftOver);
  assertEquals(params.groups[1].mlp.gateUp.shape, [40, 16]);
  const routers = extendDecoder(decoder({ recursion }), smallDecoder({ recursion: { ...recursion, router: "mlp" } }));
  assertEquals(routers.leftOver, [0, 1, 2].map((r) => `model.recursion.routers.${r}.weight`));
});

Deno.test("extend: refusals name the reason", () => {
  const source = decoder({ recursion });
  const fails = (run: () => unknown, reason: string) =>
    assertThrows(run, RangeError, `Cannot extend the model: ${reason}`);
  fails(() => extendDecoder(source, smallDecoder({ num_hidden_layers: 11, recursion })), "L is 8 in the source and 11");
  const cycle = smallDecoder({ recursion: { sharing: "cycle", num_recursions: 2 } });
  fails(() => extendDecoder(source, cycle), "sharing is middle_cycle in the source and cycle in the target");
  fails(() => extendEncoder(encoder(), smallEncoder({ group_depth: 1 })), "groupDepth is 2 in the source and 1");
  const other = {
    hidden_size: 24,
    intermediate_size: 32,
    vocab_size: 7,
    embedding_size: 4,
    lora_rank: 3,
    num_experts: 5,
  };
  fails(
    () => extendEncoder(encoder(), smallEncoder({ ...other, expert_intermediate_size: 28 })),
    "none of its 24 parameters",
  );
});
