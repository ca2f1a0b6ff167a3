import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { authorsLayout, nativeLayout } from "../../src/checkpoint/layout.ts";
import type { Json } from "../../src/model/config/fields.ts";
import { parseDecoderConfig } from "../../src/model/config/decoder_json.ts";
import { decoderFields, freshDecoder, openTensors, routedFields, sharedFields, tensorsOf } from "./support_models.ts";

const seed = fc.nat(1e6);
/** What a foreign trainer's config.json says: nothing of recursion. */
const foreign = ({ recursion: _, ...fields }: Json) => ({ ...fields, model_type: "llama", ...plainEnds });
const plainEnds = { bos_token_id: null, eos_token_id: null };

/** A routed decoder in the authors' layout, its copies not yet written out of one array. */
function authorsFile(fields: Json, number = 1) {
  const config = parseDecoderConfig(fields);
  const params = freshDecoder(config, number);
  return { config, params, tensors: tensorsOf(config, params, authorsLayout(config)) };
}

const expert = (sharing: string, L: number, more: Json = {}) =>
  decoderFields({ sharing, num_recursions: 2, routing: "expert", ...more }, L);
const token = (sharing: string, L: number) =>
  decoderFields({ sharing, num_recursions: 2, routing: "token", balancing: "loss_free" }, L);

Deno.test("the names of the authors' files are those of docs/mor.md", () => {
  const names = (fields: Json, part: string) => authorsLayout(parseDecoderConfig(fields)).namesOf(part);
  const layer = (u: number) => `model.layers.${u}.mlp.up_proj.weight`;
  const up = (...places: string[]) => places.map((place) => `model.layers.${place}.mlp.up_proj.weight`);
  const middle = expert("middle_cycle", 6);
  assertEquals(names(middle, layer(0)), up("0"));
  assertEquals(names(middle, layer(2)), up("1.block.1", "2.block.1"));
  assertEquals(names(middle, layer(3)), up("3"));
  assertEquals(names(middle, "model.recursion.routers.1.weight"), ["model.layers.2.mor_router.router.weight"]);
  const cycle = expert("cycle", 4, { router: "mlp" });
  assertEquals(names(cycle, layer(1)), up("0.block.1", "1.block.1"));
  assertEquals(names(cycle, "model.recursion.routers.0.2.weight"), ["model.layers.0.mor_router.router.2.weight"]);
  assertEquals(names(token("middle_cycle", 6), layer(1)), up("1.block_list.0.0", "1.block_list.1.0"));
  assertEquals(names(token("middle_cycle", 6), layer(3)), up("2"));
  assertEquals(names(token("cycle", 4), layer(1)), up("0.block_list.0.1", "0.block_list.1.1"));
  const router = "model.recursion.router";
  assertEquals(names(token("middle_cycle", 6), `${router}.weight`), ["model.layers.1.mor_router.router.weight"]);
  assertEquals(names(token("middle_cycle", 6), `${router}_bias`), ["model.layers.1.router_bias"]);
  assertEquals(names(middle, "model.norm.weight"), ["model.norm.weight"]);
  const experts = { ...middle, mol: { layers: [1], num_experts: 2, lora_rank: 1 } };
  assertThrows(() => names(experts, layer(1)), Error, "it has no MoL experts, layers 1 have");
});

Deno.test("what the authors' layout or an unrolled one holds reads as the same model, with copies and without", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(routedFields, sharedFields),
      seed,
      fc.infiniteStream(fc.boolean()),
      async (fields, n, keep) => {
        const { config, params, tensors } = authorsFile(fields, n);
        const all = await openTensors(tensors, foreign(fields), fields.recursion as Json);
        assertEquals([all.config, all.params], [config, params]);
        const seen = new Set(); // trainers drop copies of a shared tensor; which one stays is up to them
        const order = tensors.map((tensor) => ({ tensor, at: keep.next().value ? 0 : 1 })).sort((a, b) => a.at - b.at);
        const once = order.filter(({ tensor }) => !seen.has(tensor.data.join()) && seen.add(tensor.data.join()));
        const kept = once.map(({ tensor }) => tensor);
        assertEquals((await openTensors(kept, foreign(fields), fields.recursion as Json)).params, params);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("token-choice over cycle is also read without a layer index, as the authors' code names it", async () => {
  const { params, tensors } = authorsFile(token("cycle", 4));
  const bare = tensors.map((tensor) => ({ ...tensor, name: tensor.name.replace("layers.0.", "layers.") }));
  assertEquals((await openTensors(bare, token("cycle", 4))).params, params);
});

Deno.test("copies that differ are refused, with both names and the largest difference", async () => {
  const fields = expert("middle_cycle", 4);
  const { tensors } = authorsFile(fields);
  const name = "model.layers.2.block.0.mlp.up_proj.weight";
  const changed = tensors.map((tensor) => {
    const data = Float32Array.from(tensor.data);
    if (tensor.name === name) data[3] += 0.5, data[4] -= 2;
    return { ...tensor, data };
  });
  const error = await assertRejects(() => openTensors(changed, fields), Error);
  const first = "model.layers.1.block.0.mlp.up_proj.weight";
  const start = `Cannot load "${first}" and "${name}": they are one tensor of the model but differ by up to 2`;
  assertEquals(error.message.replace(/(?<=up to )[\d.]+/, (number) => String(Math.round(Number(number)))), start);
});

Deno.test("an authors' file without recursion options is refused with the options its names show", async () => {
  const shown: [Json, Json][] = [
    [expert("middle_cycle", 4), { sharing: "middle_cycle", num_recursions: 2, routing: "expert" }],
    [expert("cycle", 4, { router: "wide_mlp" }), {
      sharing: "cycle",
      num_recursions: 2,
      routing: "expert",
      router: "wide_mlp",
    }],
    [token("middle_cycle", 4), {
      sharing: "middle_cycle",
      num_recursions: 2,
      routing: "token",
      balancing: "loss_free",
    }],
  ];
  for (const [fields, options] of shown) {
    const { tensors, params } = authorsFile(fields);
    const error = await assertRejects(() => openTensors(tensors, foreign(fields)), Error, "the MoR authors' trainer");
    const given = JSON.parse(error.message.split("as in recursion: ")[1]);
    assertEquals(given, options);
    assertEquals((await openTensors(tensors, foreign(fields), given)).params, params);
  }
  const { tensors } = authorsFile(token("cycle", 4));
  const wrong = { sharing: "cycle", num_recursions: 2, routing: "expert" };
  await assertRejects(() => openTensors(tensors, {}, wrong), Error); // hidden_size is missing
  const why = 'is laid out for token-choice routing, but recursion.routing is "expert"';
  await assertRejects(() => openTensors(tensors, foreign(token("cycle", 4)), wrong), Error, why);
});

Deno.test("plain Llama names are native names", async () => {
  const fields = decoderFields({}, 3);
  const config = parseDecoderConfig(fields);
  const params = freshDecoder(config, 7);
  const opened = await openTensors(tensorsOf(config, params, nativeLayout), {
    ...foreign(fields),
    tie_word_embeddings: true,
  });
  assertEquals(opened.params, params);
});
