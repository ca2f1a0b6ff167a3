// Gradients of whole small models against central differences, in double precision.
import { assert, assertEquals } from "@std/assert";
import type { HostTensor } from "../../src/op/device.ts";
import { decoderSchema } from "../../src/model/decoder_schema.ts";
import { encoderSchema } from "../../src/model/encoder_schema.ts";
import type { Json } from "../../src/model/config/fields.ts";
import { mapParams, type Parameter, parametersOf } from "../../src/model/parameters.ts";
import { sizeOf } from "../../src/op/op.ts";
import { normals } from "../../src/common/random.ts";
import { DecoderModel } from "../../src/infer/decoder.ts";
import { EncoderModel } from "../../src/infer/encoder.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { smallDecoder, smallEncoder, someIds, spreadWeights } from "../support/models.ts";

const device = new ReferenceDevice("f64");
const STEP = 1e-5;

/** Fourth-order central difference of a function along a line. */
async function slope(along: (step: number) => Promise<number>): Promise<number> {
  const central = async (h: number) => (await along(h) - await along(-h)) / (2 * h);
  return (4 * await central(STEP / 2) - await central(STEP)) / 3;
}

/** Compares every parameter's gradient with the slope of the loss along a random direction of that parameter. */
async function check(
  schema: unknown,
  weights: unknown,
  gradients: unknown,
  loss: (weights: unknown) => Promise<number>,
): Promise<void> {
  const slopes: { name: string; expected: number; actual: number; scale: number }[] = [];
  for (const leaf of parametersOf(schema)) {
    const direction = normals(slopes.length, sizeOf(leaf.shape));
    const moved = (step: number) =>
      mapParams<HostTensor, HostTensor>(schema, (other: Parameter, { shape, data }) => {
        if (other !== leaf) return { shape, data };
        return { shape, data: Float64Array.from(data, (value, i) => value + step * direction[i]) };
      }, weights);
    let [actual, scale] = [0, 0];
    mapParams<HostTensor, void>(schema, (other, { data }) => {
      if (other === leaf) data.forEach((g, i) => (actual += g * direction[i], scale += Math.abs(g * direction[i])));
    }, gradients);
    slopes.push({ name: leaf.parts[0].name, actual, scale, expected: await slope((step) => loss(moved(step))) });
  }
  const largest = Math.max(...slopes.map(({ scale }) => scale));
  for (const { name, expected, actual } of slopes) {
    assert(Math.abs(expected - actual) <= 1e-6 * largest, `${name}: slope ${expected}, gradient ${actual}`);
  }
}

const recursion = (json: Json) => ({ sharing: "middle_cycle", num_recursions: 3, alpha: 1, ...json });
const mol = { layers: [1, 2], num_experts: 3, top_k: 2, lora_rank: 2, lora_alpha: 4 };
const losses = { router_aux: 0.3, router_z: 0.2, router_balance: 0.4, mol_balance: 0.5 };
const decoders: Record<string, Json> = {
  "plain": { num_hidden_layers: 2 },
  "plain recursion with shared keys": { recursion: recursion({ kv: "share" }) },
  "expert-choice, recursion-wise": { recursion: recursion({ routing: "expert" }), loss_coefficients: losses },
  "expert-choice, shared keys, mlp router, tanh": {
    recursion: recursion({ routing: "expert", kv: "share", router: "mlp", gate: "tanh" }),
    loss_coefficients: losses,
  },
  "expert-choice, hybrid keys, no gate": {
    recursion: recursion({ routing: "expert", kv: "hybrid", gate: "none" }),
    loss_coefficients: losses,
  },
  "token-choice with experts": { recursion: recursion({ routing: "token" }), mol, loss_coefficients: losses },
  "token-choice, sigmoid": { recursion: recursion({ routing: "token", gate: "sigmoid" }), loss_coefficients: losses },
  "experts mixed as weights, raw": {
    mol: { ...mol, mol_mix: "weight", norm_top_k: false },
    num_hidden_layers: 3,
    loss_coefficients: losses,
  },
};

for (const [name, json] of Object.entries(decoders)) {
  Deno.test(`decoder gradients equal central differences: ${name}`, async () => {
    const config = smallDecoder(json);
    const schema = decoderSchema(config);
    const weights = spreadWeights(schema, 3);
    const batch = [[3, 1, 4, 15, 9, 2], [6, 5, 8]]; // no token twice: equal rows would tie
    const model = (weights: unknown) => new DecoderModel(device, config, weights as never);
    let chosen: string | undefined;
    const loss = async (weights: unknown) => {
      const { losses, recursions, experts } = await model(weights).forward(batch, { selection: "topk", losses: true });
      const selections = JSON.stringify([
        recursions.map(({ active }) => [...active]),
        experts.map((use) => [...use.experts]),
      ]);
      assertEquals(selections, chosen ??= selections, "the step crosses a selection: not differentiable here");
      return losses!.total;
    };
    await loss(weights);
    await check(schema, weights, await model(weights).gradients(batch), loss);
  });
}

for (const json of [{}, { top_k: 1 }, { mol_mix: "weight" }, { load_balancing_loss_coef: 0.7, norm_top_k: false }]) {
  Deno.test(`encoder gradients equal central differences: ${JSON.stringify(json)}`, async () => {
    const config = smallEncoder(json);
    const schema = encoderSchema(config);
    const weights = spreadWeights(schema, 4);
    const batch = [someIds(1, 5), someIds(2, 3)];
    const labels = [[3, -100, 7, -100, -100], [-100, 2, -100]];
    const model = (weights: unknown) => new EncoderModel(device, config, weights as never);
    const loss = async (weights: unknown) => (await model(weights).forward(batch, { labels })).losses!.total;
    await check(schema, weights, await model(weights).gradients(batch, labels), loss);
  });
}

Deno.test("a parameter that no loss depends on has a gradient of zero: the bias that only chooses", async () => {
  const config = smallDecoder({ recursion: recursion({ routing: "token", balancing: "loss_free" }) });
  const model = new DecoderModel(device, config, spreadWeights(decoderSchema(config), 5));
  const { routerBias } = await model.gradients([someIds(1, 6)]);
  assertEquals([...routerBias!.data], [0, 0, 0]);
});
