// Any values under any keys: read and written again as the same, or refused by one error.
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { decoderJson, parseDecoderConfig } from "../../src/model/config/decoder_json.ts";
import { encoderJson, parseEncoderConfig } from "../../src/model/config/encoder_json.ts";
import type { Json } from "../../src/model/config/fields.ts";
import { keyTables, type ModelType } from "../../src/model/config/keys/tables.ts";

const sizes = { hidden_size: 16, num_attention_heads: 2, num_hidden_layers: 3, vocab_size: 20, intermediate_size: 8 };
const words = ["gelu", "silu", "default", "linear", "llama3", "yarn", "full_attention", "sliding_attention", "expert"];
const scalar = fc.oneof(
  fc.constantFrom(null, true, false, -1, 0, 1, 2, 3, 4, 19, 20, 0.5, 1e308, ...words),
  fc.string(),
);
const inner = fc.constantFrom("rope_type", "type", "rope_theta", "factor", "full_attention", "sliding_attention", "a");
const value = fc.oneof(scalar, fc.array(scalar, { maxLength: 4 }), fc.dictionary(inner, fc.oneof(scalar, fc.object())));

const files = fc.constantFrom(...Object.keys(keyTables) as ModelType[]).chain((type) => {
  const key = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...Object.keys(keyTables[type].keys)) }, fc.string());
  return fc.dictionary(key, value, { maxKeys: 4 }).map((json): Json => ({ ...sizes, ...json, model_type: type }));
});

Deno.test("any configuration reads and writes as the same, or is refused by one error that names a key", () => {
  let read = 0;
  const again = (json: Json) =>
    /modern/.test(String(json.model_type))
      ? [parseEncoderConfig(json), (config: unknown) => encoderJson(config as never, json)] as const
      : [parseDecoderConfig(json), (config: unknown) => decoderJson(config as never, json)] as const;
  fc.assert(
    fc.property(files, (json) => {
      try {
        const [config, write] = again(json);
        assertEquals(again(write(config) as Json)[0], config);
        read++;
      } catch (error) {
        assert(error instanceof RangeError && /^Cannot read the configuration: .+/.test(error.message), String(error));
        assert(error.message.length < 900);
      }
    }),
    { numRuns: 400 },
  );
  assert(read > 80, `${read} were read`);
});

Deno.test("a configuration of very many or very long keys is refused or read", () => {
  const many = Object.fromEntries(Array.from({ length: 10_001 }, (_, n) => [`note ${n}`, n]));
  assertThrows(() => parseDecoderConfig({ ...sizes, ...many }), RangeError, "config has 10006 keys, at most 10000");
  parseDecoderConfig({ ...sizes, ["x".repeat(1e6)]: 1 });
  const long = () => parseDecoderConfig({ ...sizes, ["norm".repeat(2e5)]: "x".repeat(1e6) });
  assert(assertThrows(long, RangeError, "norms of this key").message.length < 500);
});

Deno.test("names of mechanisms of other models are refused with their value, and pass where it has no effect", () => {
  const foreign: Json = {
    rms_eps: 1e-5,
    add_unit_offset: true,
    final_logit_cap: 30,
    mlp_alpha_factor: 3.5,
    dim_model_base: 256,
    attn_output_gate: true,
    attn_type: "linear",
    mlp_type: "relu2",
    use_dynamic_tanh: true,
    num_sinks: 4,
    layer_repeat: 2,
  };
  for (const [key, value] of Object.entries(foreign)) {
    const message = `Cannot read the configuration: config.${key} is ${JSON.stringify(value)}, but `;
    for (const model_type of ["llama", "mor"]) {
      assertThrows(() => parseDecoderConfig({ ...sizes, model_type, [key]: value }), RangeError, message);
      parseDecoderConfig({ ...sizes, model_type, [key]: false });
    }
  }
  for (const note of ["adam_epsilon", "navigation", "capital", "aggregate", "capture", "repetitions"]) {
    parseDecoderConfig({ ...sizes, [note]: 1e-8 });
  }
});
