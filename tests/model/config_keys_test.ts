// Keys of a config.json: used, refused with the value, or kept; both spellings are equivalent.
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { parseDecoderConfig } from "../../src/model/config/decoder_json.ts";
import { parseEncoderConfig } from "../../src/model/config/encoder_json.ts";
import type { Json } from "../../src/model/config/fields.ts";
import type { KeyTable } from "../../src/model/config/keys/rule.ts";
import { keyTables } from "../../src/model/config/keys/tables.ts";

const sizes = { hidden_size: 32, intermediate_size: 24, vocab_size: 61, num_attention_heads: 4, num_hidden_layers: 4 };
const llama = (more: Json) => parseDecoderConfig({ model_type: "llama", ...sizes, ...more });
const bert = (more: Json) => parseEncoderConfig({ model_type: "modernbert", ...sizes, ...more });
const albert = (more: Json) => parseEncoderConfig({ model_type: "modernalbert", ...sizes, ...more });
const reason = (read: (more: Json) => unknown, more: Json) => assertThrows(() => read(more), RangeError).message;

Deno.test("absent keys take the defaults of the class", () => {
  const { eps, rope, maxPositions, tied, bos, eos, G, K } = llama({});
  assertEquals([eps, rope, maxPositions, tied, bos, eos, G, K], [1e-6, { theta: 10000 }, 2048, false, 1, [2], 4, 8]);
  const { V, D, F, L, H } = parseDecoderConfig({ model_type: "llama" });
  assertEquals([V, D, F, L, H], [32000, 4096, 11008, 32, 32]);
  const base = parseEncoderConfig({ architectures: ["ModernBertForMaskedLM"] });
  const ids = { pad: 50283, bos: 50281, eos: 50282, cls: 50281, sep: 50282 };
  assertEquals([base.V, base.D, base.F[0], base.L, base.H], [50368, 768, 1152, 22, 12]);
  assertEquals([base.eps, base.rope.theta, base.maxPositions, base.tied, base.ids], [1e-5, 160000, 8192, true, ids]);
  const layers = [1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 16, 17, 19, 20];
  assertEquals(base.local, { layers, window: 64, rope: { theta: 10000 } });
  assertEquals(llama({ rms_norm_eps: null, bos_token_id: null, eos_token_id: null }).eps, 1e-6);
  assertEquals([llama({ bos_token_id: null }).bos, llama({ eos_token_id: null }).eos], [undefined, []]);
  assertStringIncludes(reason((more) => parseDecoderConfig(more), {}), "config.hidden_size is missing");
});

Deno.test("keys that would change results are refused with their values", () => {
  const decoders: Json = {
    attention_bias: true,
    mlp_bias: true,
    hidden_act: "gelu",
    sliding_window: 4096,
    partial_rotary_factor: 0.5,
    quantization_config: { quant_method: "awq" },
    final_logit_softcapping: 30,
    residual_multiplier: 0.22,
    logits_scaling: 8,
    rope_interleaved: true,
    add_cross_attention: true,
    pruned_heads: { 0: [1] },
    num_local_experts: 8, // from here on: in no table
    qk_norm: true,
    scale_emb: 12,
    no_rope_layers: [1, 0],
    clip_qkv: 8,
    kv_lora_rank: 16,
    use_parallel_residual: true,
    attention_chunk_size: 64,
    layer_types: ["full_attention", "full_attention", "full_attention", "sliding_attention"],
  };
  const encoders: Json = {
    norm_bias: true,
    decoder_bias: false,
    classifier_activation: "silu",
    classifier_bias: true,
    hidden_activation: "gelu_new",
    is_decoder: true,
    position_embedding_type: "relative_key",
    rope_theta: 10000,
    group_depth: 2,
    num_experts: 4,
    layer_types: ["full_attention"],
  };
  for (const [key, value] of Object.entries(decoders)) {
    assertStringIncludes(reason(llama, { [key]: value }), `config.${key} is ${JSON.stringify(value)}`);
    const neutral = typeof value === "boolean" || typeof value === "number" ? false : null;
    if (!/multiplier|logits_scaling|factor/.test(key)) llama({ [key]: neutral });
  }
  for (const [key, value] of Object.entries(encoders)) {
    assertStringIncludes(reason(bert, { [key]: value }), `config.${key} is ${JSON.stringify(value)}`);
  }
  assertStringIncludes(reason(albert, { global_attn_every_n_layers: 3 }), "every_n_layers is 3");
});

Deno.test("kinds of rotary scaling that are not implemented, and keys of another kind, are refused", () => {
  for (const kind of ["dynamic", "yarn", "longrope", "su", "mrope"]) {
    for (const key of ["rope_scaling", "rope_parameters"]) {
      for (const name of ["rope_type", "type"]) {
        const path = `config.${key}.${name} is "${kind}", expected one of default, linear, llama3`;
        assertStringIncludes(reason(llama, { [key]: { [name]: kind, factor: 2 } }), path);
      }
    }
    const nested = { full_attention: {}, sliding_attention: { rope_type: kind } };
    assertStringIncludes(reason(bert, { rope_parameters: nested }), `sliding_attention.rope_type is "${kind}"`);
  }
  const wrong: [Json, string][] = [
    [{ rope_type: "linear" }, "config.rope_scaling.factor is missing"],
    [{ rope_type: "linear", factor: 0 }, "factor is 0, expected a number above 0"],
    [{ factor: 2 }, 'factor is 2, which rope_type "default" does not support'],
    [{ rope_type: "linear", factor: 2, partial_rotary_factor: 0.25 }, "partial_rotary_factor is 0.25"],
    [{ rope_type: "linear", factor: 2, mscale: 3 }, "mscale is 3"],
    [{ rope_type: "llama3", factor: 2, low_freq_factor: 4, high_freq_factor: 1 }, "low_freq_factor is 4"],
    [{ rope_type: 7 }, "rope_type is 7"],
  ];
  for (const [scaling, expected] of wrong) assertStringIncludes(reason(llama, { rope_scaling: scaling }), expected);
  assertStringIncludes(reason(bert, { rope_parameters: { rope_theta: 1e4 } }), "rope_parameters.rope_theta is unknown");
});

Deno.test("two contradicting spellings are both shown", () => {
  const decoders: [Json, string, string][] = [
    [{ rope_theta: 1e4, rope_parameters: { rope_theta: 5e5 } }, "rope_theta is 10000", "rope_theta is 500000"],
    [{ rope_scaling: { rope_theta: 7 }, rope_parameters: { rope_theta: 8 } }, "scaling.rope_theta is 7", "is 8"],
    [{ rope_scaling: { type: "linear", rope_type: "llama3" } }, 'rope_type is "llama3"', 'type is "linear"'],
    [{ hidden_act: "silu", hidden_activation: "gelu" }, 'hidden_activation is "gelu"', 'hidden_act is "silu"'],
    [{ num_key_value_heads: 2, num_kv_heads: 4 }, "num_kv_heads is 4", "num_key_value_heads is 2"],
    [{ num_layers: 5 }, "num_layers is 5", "num_hidden_layers is 4"],
    [{ norm_eps: 1e-5 }, "norm_eps is 0.00001", "rms_norm_eps is absent, and 0.000001 by default of LlamaConfig"],
    [{ torch_dtype: "float16", dtype: "float32" }, 'torch_dtype is "float16"', 'dtype is "float32"'],
  ];
  const encoders: [Json, string, string][] = [
    [{ layer_norm_eps: 1e-12, norm_eps: 1e-5 }, "layer_norm_eps is 1e-12", "norm_eps is 0.00001"],
    [{ local_attention: 8, sliding_window: 8 }, "half of config.local_attention is 4", "sliding_window is 8"],
    [{ rope_parameters: { full_attention: { rope_theta: 9 } }, global_rope_theta: 8 }, "theta is 8", "theta is 9"],
    [
      { global_attn_every_n_layers: 2, layer_types: Array(4).fill("full_attention") },
      "layer_types makes no layer local",
      "global_attn_every_n_layers is 2, which makes layers 1, 3 local",
    ],
    [{ num_key_value_heads: 2 }, "num_key_value_heads is 2", "num_attention_heads is 4"],
  ];
  for (const [read, cases] of [[llama, decoders], [bert, encoders]] as const) {
    for (const [json, first, second] of cases) {
      const message = reason(read, json);
      assert(message.includes(first) && message.includes(second), message);
    }
  }
  llama({ torch_dtype: "torch.float16", dtype: "float16", hidden_act: "silu", hidden_activation: "swish" });
});

Deno.test("every key of a table has a treatment that the reader follows", () => {
  for (const [type, { keys }] of Object.entries<KeyTable>(keyTables)) {
    const read = /modern/.test(type) ? parseEncoderConfig : parseDecoderConfig;
    for (const [key, { treatment, same, allowed }] of Object.entries(keys)) {
      const parse = (value: unknown) => read({ model_type: type, ...sizes, [key]: value } as Json);
      if (treatment === "harmless") assertEquals(parse({ any: "thing" }), parse(undefined), `${type} ${key}`);
      if (same) assert(keys[same] && keys[same].same === undefined, `${key} is the same as ${same}`);
      for (const value of allowed ?? []) assertEquals(parse(value), parse(undefined), `${type} ${key}`);
      if (treatment === "checked" && !same) assertThrows(() => parse("odd"), RangeError, `config.${key} is "odd"`);
    }
  }
});
