// Written configs: complete for others, read back as they were, with the notes of their source.
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { decoderJson, parseDecoderConfig } from "../../src/model/config/decoder_json.ts";
import { encoderJson, parseEncoderConfig } from "../../src/model/config/encoder_json.ts";
import type { Json } from "../../src/model/config/fields.ts";
import { smallDecoder, smallEncoder } from "../support/models.ts";
import { decoderSamples, encoderSamples } from "../support/random_models.ts";

/** Keys that text-embeddings-inference has no defaults for. */
const REQUIRED = [
  ...["vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"],
  ...["hidden_activation", "max_position_embeddings", "initializer_range", "initializer_cutoff_factor", "norm_eps"],
  ...["norm_bias", "pad_token_id", "bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id"],
  ...["global_rope_theta", "local_rope_theta", "attention_bias", "attention_dropout", "global_attn_every_n_layers"],
  ...["local_attention", "classifier_activation"],
];
/** The other keys of ModernBertConfig, of both generations. */
const MODERN_BERT = [
  ...["architectures", "model_type", "layer_types", "rope_parameters", "embedding_dropout", "mlp_bias", "mlp_dropout"],
  ...["decoder_bias", "classifier_pooling", "classifier_dropout", "classifier_bias", "deterministic_flash_attn"],
  ...["sparse_prediction", "sparse_pred_ignore_index", "tie_word_embeddings"],
];
/** The keys of LlamaConfig, of both generations. */
const LLAMA = [
  ...["architectures", "model_type", "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "head_dim"],
  ...["num_attention_heads", "num_key_value_heads", "hidden_act", "max_position_embeddings", "initializer_range"],
  ...["rms_norm_eps", "use_cache", "pad_token_id", "bos_token_id", "eos_token_id", "pretraining_tp", "mlp_bias"],
  ...["tie_word_embeddings", "rope_theta", "rope_scaling", "rope_parameters", "attention_bias", "attention_dropout"],
];

const bert = (more: Json) => smallEncoder({ model_type: "modernbert", ...more });

Deno.test("a ModernBERT is written with every key that other readers need, for any layers", () => {
  for (const more of [{}, { global_attn_every_n_layers: 1 }, { local_attention: -1 }, { vocab_size: 60000 }]) {
    const json = encoderJson(bert(more));
    for (const key of [...REQUIRED, ...MODERN_BERT]) assert((json[key] ?? null) !== null, `${key} is ${json[key]}`);
  }
  const { local_attention, global_attn_every_n_layers, layer_types } = encoderJson(bert({ local_attention: -1 }));
  const none = [128, 1, Array(4).fill("full_attention")];
  assertEquals([local_attention, global_attn_every_n_layers, layer_types], none);
});

Deno.test("a Llama is written with every key of its class", () => {
  for (const more of [{}, { rope_scaling: { rope_type: "linear", factor: 2 } }]) {
    const json = decoderJson(smallDecoder(more));
    assertEquals(LLAMA.filter((key) => !(key in json)), []);
    assertEquals(json.rope_scaling, more.rope_scaling ?? null);
    assertEquals(json.rope_parameters, { rope_type: "default", ...more.rope_scaling, rope_theta: 10000 });
  }
});

Deno.test("null in a source is written as the default of the class, which other readers need", () => {
  const bertKeys = [...REQUIRED, ...MODERN_BERT], config = bert({});
  const nulls = (keys: string[]) => Object.fromEntries(keys.map((key) => [key, null]));
  assertEquals(encoderJson(config, { ...nulls(bertKeys), model_type: "modernbert" }), encoderJson(config));
  const decoder = smallDecoder({ model_type: "llama" });
  assertEquals(decoderJson(decoder, { ...nulls(LLAMA), model_type: "llama" }), decoderJson(decoder));
  assertEquals(decoderJson(decoder, { model_type: "llama", hidden_act: "swish", note: null }).hidden_act, "swish");
});

Deno.test("layers of a pattern that no number describes are written by name only; an odd window keeps its sides", () => {
  const types = ["sliding_attention", "full_attention", "full_attention", "sliding_attention"];
  const json = encoderJson(bert({ layer_types: types, local_attention: 127 }));
  assertEquals([json.layer_types, json.global_attn_every_n_layers, json.local_attention], [types, undefined, 126]);
  assertEquals(parseEncoderConfig(json).local!.window, 63);
});

const theta = fc.double({ min: 1, max: 1e7, noNaN: true });
const factor = fc.double({ min: 0.01, max: 64, noNaN: true });
const rope = fc.option(
  fc.oneof(
    fc.record({ rope_theta: theta }),
    fc.record({ rope_theta: theta, rope_type: fc.constant("linear"), factor }),
    fc.record({
      rope_theta: theta,
      rope_type: fc.constant("llama3"),
      factor,
      low_freq_factor: fc.constant(1),
      high_freq_factor: fc.constantFrom(2, 4),
      original_max_position_embeddings: fc.constantFrom(8, 64),
    }),
  ),
  { nil: undefined },
);
const id = fc.option(fc.nat(4), { nil: undefined });
const ids = fc.record({ bos_token_id: id, eos_token_id: fc.oneof(id, fc.uniqueArray(fc.nat(4), { minLength: 1 })) });

Deno.test("a written configuration reads back the same", () => {
  fc.assert(
    fc.property(decoderSamples, rope, ids, fc.boolean(), ({ json, tied }, rope, ids, llama) => {
      const extra = { ...ids, rope_parameters: rope, tie_word_embeddings: tied, ...(llama && { model_type: "llama" }) };
      const config = parseDecoderConfig({ ...json, ...extra });
      assertEquals(parseDecoderConfig(decoderJson(config)), config);
    }),
  );
  const attention = fc.record({
    types: fc.option(fc.infiniteStream(fc.boolean()), { nil: undefined }),
    every: fc.integer({ min: 1, max: 5 }),
    window: fc.integer({ min: 2, max: 200 }),
  });
  fc.assert(
    fc.property(encoderSamples, rope, rope, ids, attention, ({ json }, full, sliding, { bos_token_id }, local) => {
      const layers = Array.from({ length: Number(json.num_hidden_layers) });
      const types = local.types && layers.map(() => local.types!.next().value ? "full_attention" : "sliding_attention");
      const modern = json.model_type === "modernbert";
      const attention = types ? { layer_types: types } : { global_attn_every_n_layers: local.every };
      const more = modern
        ? { ...attention, local_attention: local.window, rope_parameters: named(full, sliding) }
        : { rope_parameters: full };
      const { global_attn_every_n_layers: _, ...base } = json;
      const config = parseEncoderConfig({ ...base, ...more, bos_token_id });
      assertEquals(parseEncoderConfig(encoderJson(config)), config);
    }),
  );
});

const named = (full?: Json, sliding?: Json) => ({
  ...(full && { full_attention: full }),
  ...(sliding && { sliding_attention: sliding }),
});

Deno.test("other keys of a source are preserved; keys that determine the model are replaced", () => {
  const notes = { id2label: { 0: "no" }, problem_type: "regression", my_note: [1, { a: null }], _name_or_path: "x/y" };
  const stale = { hidden_size: 7, n_layer: 3, local_attention: 4, recursion: { N: 3 }, architectures: ["Other"] };
  for (const type of ["llama", "mor", "modernbert", "modernalbert"]) {
    const json = /modern/.test(type)
      ? encoderJson(smallEncoder({ model_type: type }), { model_type: type, ...stale, ...notes })
      : decoderJson(smallDecoder({ model_type: type }), { model_type: type, ...stale, ...notes });
    for (const [key, value] of Object.entries(notes)) assertEquals(json[key], value, `${type} ${key}`);
    assertEquals([json.hidden_size, "n_layer" in json], [16, /modern/.test(type)], type); // no encoder's spelling
    assert(json.architectures !== stale.architectures);
  }
});
