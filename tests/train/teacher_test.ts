// Starting an encoder that shares its layers from a teacher that shares none.
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import type { HostTensor } from "../../src/op/device.ts";
import type { EncoderConfig } from "../../src/model/config/encoder_config.ts";
import { type EncoderParams, encoderSchema } from "../../src/model/encoder_schema.ts";
import { EncoderModel } from "../../src/infer/encoder.ts";
import { identity, product, transpose } from "../../src/train/start/matrices.ts";
import { startFromTeacher, teacherLayers } from "../../src/train/start/teacher.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { largestDifference, smallEncoder, someIds, spreadWeights } from "../support/models.ts";

const device = new ReferenceDevice("f64");
const noExperts = { num_experts: 0, num_expert_modules: 0 };

/** A teacher of six layers under this project's names. */
function teacher(json = {}, seed = 1) {
  const config = smallEncoder({ num_hidden_layers: 6, group_depth: 1, ...noExperts, ...json });
  return { config, params: spreadWeights<EncoderParams<HostTensor>>(encoderSchema(config), seed) };
}

const bert = (json = {}) => teacher({ model_type: "modernbert", ...json });
const student = (json = {}) => smallEncoder({ num_hidden_layers: 6, ...json }); // three groups of two

const forward = (config: EncoderConfig, params: EncoderParams<HostTensor>) =>
  new EncoderModel(device, config, params).forward([someIds(1, 7), someIds(2, 3)], { logits: true });

Deno.test("teacher: each group takes one layer, halves to even, or the mean over its span", () => {
  assertEquals(teacherLayers(22, 7, "layers").flat(), [0, 4, 7, 10, 14, 18, 21]); // 3.5, 7, 10.5, 14, 17.5
  assertEquals(teacherLayers(28, 4, "layers").flat(), [0, 9, 18, 27]);
  assertEquals(teacherLayers(6, 3, "layers").flat(), [0, 2, 5]); // 2.5
  assertEquals([teacherLayers(6, 1, "layers"), teacherLayers(2, 3, "layers").flat()], [[[0]], [0, 0, 1]]);
  assertEquals(teacherLayers(6, 3, "mean"), [[0, 1], [2, 3], [4, 5]]);
  assertEquals(teacherLayers(7, 3, "mean"), [[0, 1], [2, 3], [4, 5, 6]]);
});

Deno.test("teacher: one whose layers are all equal gives a student with the same function", async () => {
  const { config, params } = teacher();
  const equal = { ...params, groups: params.groups.map(() => params.groups[0]) };
  const expected = await forward(config, equal);
  // wider feed-forwards add nothing at first; experts with B = 0 whose weights sum to 1 neither
  for (const json of [noExperts, { expert_intermediate_size: 28 }]) {
    for (const method of ["layers", "mean"] as const) {
      const start = startFromTeacher({ config, params: equal }, student(json), { method });
      const actual = await forward(student(json), start.params);
      assert(largestDifference(actual.hidden.data, expected.hidden.data) <= 2 ** -40 * 16);
      assert(largestDifference(actual.logits!.data, expected.logits!.data) <= 2 ** -40 * 16);
      assertEquals(start.notes.length, json === noExperts ? 0 : 1);
    }
  }
});

Deno.test("teacher: ModernBERT's first attention norm is ones; means are over the span; unused tensors are listed", () => {
  const source = bert();
  const { params, layers, leftOver } = startFromTeacher(source, student({ embedding_size: 16 }), { method: "layers" });
  assertEquals(params.groups[0].attentionNorm!.data, new Float32Array(16).fill(1));
  assertEquals([layers, params.groups[2].qkv], [[[0], [2], [5]], source.params.groups[5].qkv]);
  assertEquals(leftOver.map((name) => name.split(".")[2]), [1, 3, 4].flatMap((l) => Array(6).fill(`${l}`)));
  const mean = startFromTeacher(source, student({ embedding_size: 16 }), { method: "mean" });
  const second = source.params.groups[1].attentionNorm!.data;
  assertEquals(mean.params.groups[0].attentionNorm!.data, Float32Array.from(second, (value) => (1 + value) / 2));
  assertEquals([mean.layers, mean.leftOver], [[[0, 1], [2, 3], [4, 5]], []]);
});

Deno.test("teacher: a full-width embedding is copied with an identity projection, or reduced by truncated SVD", () => {
  const source = bert();
  const { embedding, head } = source.params;
  const full = startFromTeacher(source, student({ embedding_size: 16 }));
  assertEquals([full.params.embedding, full.params.head, full.params.projection], [embedding, head, identity(16)]);
  const { params, notes, fresh } = startFromTeacher(source, student({ embedding_size: 5 }));
  const projection = params.projection!;
  assertEquals([params.embedding.shape, projection.shape], [[31, 5], [16, 5]]);
  assert(largestDifference(product(transpose(projection), transpose(projection)).data, identity(5).data) <= 1e-6);
  assert(largestDifference(params.embedding.data, product(embedding, transpose(projection)).data) <= 1e-6);
  const squares = ({ data }: HostTensor) => Array.from(data).reduce((sum, value) => sum + value * value, 0);
  const share = Number(/5 of 16 columns hold ([\d.]+) %/.exec(notes[0])![1]);
  assertAlmostEquals(100 * squares(params.embedding) / squares(embedding), share, 0.06);
  const unfit = ["embeddings.norm.weight", "head.dense.weight", "head.norm.weight"];
  assertEquals(fresh.filter((name) => !/experts|router/.test(name)), unfit);
  assertEquals(params.head.bias, head.bias);
});

Deno.test("teacher: a factorised embedding of low rank is kept whole by a narrower student's", () => {
  const source = teacher({ embedding_size: 4 });
  const whole = product(source.params.embedding, source.params.projection!);
  for (const J of [5, 16]) {
    const { params } = startFromTeacher(source, student({ embedding_size: J }));
    assert(largestDifference(product(params.embedding, params.projection!).data, whole.data) <= 1e-5);
  }
  const plain = smallEncoder({ model_type: "modernbert", num_hidden_layers: 6 });
  const { params, copied } = startFromTeacher(source, plain);
  assertEquals([params.embedding, params.projection], [whole, undefined]);
  assert(copied.includes("decoder.bias") && !copied.includes("head.dense.weight"));
});

Deno.test("teacher: feed-forwards of another width take the common units", () => {
  const source = teacher();
  const { params, notes } = startFromTeacher(source, student({ intermediate_size: 30, expert_intermediate_size: 20 }));
  const [wide, narrow] = [params.groups[0].mlp, params.groups[2].mlp];
  const [first, last] = [source.params.groups[0].mlp, source.params.groups[5].mlp];
  assertEquals(wide.gateUp.data.slice(30 * 16, 54 * 16), first.gateUp.data.slice(24 * 16)); // up rows
  assert(wide.gateUp.data.slice(24 * 16, 30 * 16).every((value: number) => value !== 0));
  assertEquals([...wide.down.data.slice(30, 60)], [...first.down.data.slice(24, 48), 0, 0, 0, 0, 0, 0]);
  assertEquals(narrow.gateUp.data.slice(0, 20 * 16), last.gateUp.data.slice(0, 20 * 16));
  assertEquals(narrow.gateUp.data.slice(20 * 16), last.gateUp.data.slice(24 * 16, 44 * 16));
  assertEquals(narrow.down.data.slice(20, 40), last.down.data.slice(24, 44));
  assertEquals(notes, [
    "Group 0 takes 24 hidden units; 6 fresh ones add nothing at first",
    "Group 1 takes 24 hidden units; 6 fresh ones add nothing at first",
    "Group 2 takes 20 hidden units; the teacher's other 4 are left out",
  ]);
});

Deno.test("teacher: a student of another width takes the embedding only, with a note", () => {
  const narrow = student({ hidden_size: 12 });
  for (const [source, size] of [[bert(), 2], [teacher(), 1]] as const) {
    const { copied, layers, notes, params } = startFromTeacher(source, narrow);
    assertEquals(
      notes[0],
      "Only the embedding starts from the teacher's: its layers are 16 wide with 2 heads, the student's 12 with 2",
    );
    assertEquals([notes.length, layers], [size, [[], [], []]]);
    assertEquals(copied.filter((name) => name !== "embeddings.norm.weight"), ["embeddings.tok_embeddings.weight"]);
    assertEquals([params.embedding.shape, params.projection!.shape], [[31, 8], [12, 8]]);
  }
  assertEquals(startFromTeacher(teacher(), student({ num_attention_heads: 4 })).layers.flat(), []);
});

Deno.test("teacher: refusals name the reason", () => {
  const fails = (run: () => unknown, reason: string) =>
    assertThrows(run, RangeError, `Cannot start from the teacher: ${reason}`);
  fails(() => startFromTeacher(teacher({ group_depth: 2 }), student()), "its layers are shared by 2, expected 1");
  fails(() => startFromTeacher(teacher({ vocab_size: 30 }), student()), "V is 30 in the source and 31 in the target");
  fails(
    () => startFromTeacher(bert(), student({ embedding_size: 20 })),
    "the embedding has 20 columns, the teacher is 16 wide",
  );
  fails(() => teacherLayers(2, 3, "mean"), "its 2 layers give no spans to 3 groups");
  const uneven = teacher({ mol_groups: [1], num_experts: 2 });
  fails(
    () => startFromTeacher(uneven, student(), { method: "mean" }),
    "its layers 0,1 are 24 and 20 wide and have no mean",
  );
});
