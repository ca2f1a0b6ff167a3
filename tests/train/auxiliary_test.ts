// The auxiliary router: it decides at inference, learns from a detached stream, ten times as fast.
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { ReferenceDevice } from "../../reference/mod.ts";
import type { Json } from "../../src/model/config/fields.ts";
import { decoderOn, smallDecoder, someIds } from "../support/models.ts";
import { decoderTrainer, someBatch } from "../support/training.ts";

const size = { B: 2, T: 9, V: 29 };
const recursion = (json: Json) => ({
  sharing: "middle_cycle",
  num_recursions: 3,
  routing: "expert",
  alpha: 1,
  ...json,
});
const losses = { loss_coefficients: { router_aux: 0.5 } };
const auxiliary = { recursion: recursion({ auxiliary_router: true }), ...losses };
const device = () => new ReferenceDevice("f64");

Deno.test("auxiliary router: its loss has a gradient for its own weights only", async () => {
  const ids = [someIds(1, 12)];
  const gradients = await decoderOn(device(), auxiliary).gradients(ids);
  const without = await decoderOn(device(), { ...auxiliary, loss_coefficients: { router_aux: 0 } }).gradients(ids);
  const { auxiliaryRouters, ...rest } = gradients;
  const { auxiliaryRouters: unmoved, ...same } = without;
  assertEquals(rest, same); // detached: nothing else feels the auxiliary loss
  assert(auxiliaryRouters!.some(({ out }) => out.data.some((g) => g !== 0)));
  assert(unmoved!.every(({ out }) => out.data.every((g) => g === 0)));
});

Deno.test("auxiliary router: it selects under the threshold; the gate is the main router's", async () => {
  const ids = [someIds(2, 12)];
  const flipped = decoderOn(device(), auxiliary, 1, (params) => ({
    ...params,
    auxiliaryRouters: params.auxiliaryRouters!.map(({ out }) => ({
      out: { ...out, data: out.data.map((value) => -value) },
    })),
  }));
  const plain = decoderOn(device(), auxiliary);
  const [a, b] = [await plain.forward(ids), await flipped.forward(ids)];
  assertNotEquals(a.depth, b.depth);
  const [c, d] = [await plain.forward(ids, { selection: "topk" }), await flipped.forward(ids, { selection: "topk" })];
  assertEquals(c.hidden, d.hidden); // top-k ranks the router's own scores
});

Deno.test("auxiliary router: ten times the learning rate", async () => {
  const device = new ReferenceDevice("f64");
  const trainer = decoderTrainer(device, smallDecoder(auxiliary), { rows: size.B * size.T });
  const before = await trainer.weights();
  await trainer.read(0, [someBatch(1, size)], 1e-3);
  const after = await trainer.weights();
  const moved = (of: typeof before, other: typeof before, pick: (p: typeof before) => ArrayLike<number>) =>
    Math.max(...Array.from(pick(of), (value, i) => Math.abs(value - pick(other)[i])));
  const routers = moved(after, before, (p) => p.routers[1].out.data);
  const apart = moved(after, before, (p) => p.auxiliaryRouters![1].out.data);
  assert(Math.abs(routers - 1e-3) < 1e-6 && Math.abs(apart - 1e-2) < 1e-5, `${routers} and ${apart}`);
});

Deno.test("auxiliary router: only with expert-choice", () => {
  assertThrows(
    () => smallDecoder({ recursion: { sharing: "cycle", num_recursions: 2, auxiliary_router: true } }),
    RangeError,
    'recursion.auxiliary_router needs routing "expert", not "none"',
  );
});
