// Files as others write them: every form of a config.json gives the values of an independent program (tests/golden).
import { assert, assertEquals } from "@std/assert";
import { openDecoder, openEncoder } from "../../src/checkpoint/open.ts";
import type { HostTensor } from "../../src/op/device.ts";
import type { Json } from "../../src/model/config/fields.ts";
import { DecoderModel } from "../../src/infer/decoder.ts";
import { EncoderModel } from "../../src/infer/encoder.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import {
  bertForm,
  bertHead,
  bertShapes,
  bias,
  D,
  files,
  K,
  llamaForm as llama,
  llamaShapes,
  matrix,
  type Shapes,
  V,
} from "../support/form_files.ts";
import { largestDifference } from "../support/models.ts";
import golden from "../golden/config_forms.json" with { type: "json" };

const device = new ReferenceDevice();
const bert = { ...bertForm, pad_token_id: 0 };
const linear = { rope_type: "linear", factor: 4 };
const llama3 = { rope_type: "llama3", factor: 8, low_freq_factor: 1, high_freq_factor: 4 };
const long = { ...llama3, original_max_position_embeddings: 64 };
const types = (...local: number[]) => [0, 1, 2, 3].map((l) => `${local.includes(l) ? "sliding" : "full"}_attention`);
const nested = (full: Json, sliding: Json) => ({
  rope_parameters: { full_attention: full, sliding_attention: sliding },
});
const narrow = { local_attention: 8 };

/** Forms of a file by the values that they must give. */
const llamas: Record<string, Json[]> = {
  "llama": [{}, { rope_theta: 10000 }, { rope_scaling: null, rope_parameters: {} }, {
    head_dim: K,
    hidden_act: "swish",
  }],
  "llama theta": [
    { rope_theta: 500000, rope_parameters: { rope_type: "default" } },
    { rope_theta: 500000, rope_parameters: { type: "default", rope_theta: 500000 } },
    { rope_parameters: { rope_theta: 500000 } },
    { rope_scaling: { rope_type: "default", rope_theta: 500000, factor: 1 } },
    { rope_theta: 500000, rope_scaling: {} },
  ],
  "llama linear": [
    { rope_scaling: { type: "linear", factor: 4 } },
    { rope_theta: 10000, rope_scaling: linear },
    { rope_parameters: { ...linear, rope_theta: 10000 } },
    { rope_scaling: linear, rope_parameters: { ...linear, rope_theta: 10000 } },
  ],
  "llama llama3": [
    { rope_theta: 500000, rope_scaling: long },
    { rope_parameters: { ...long, rope_theta: 500000 } },
    { rope_parameters: llama3, rope_theta: 500000, original_max_position_embeddings: 64 },
    { rope_parameters: { ...llama3, rope_theta: 500000 }, max_position_embeddings: 64 },
  ],
};
const berts: Record<string, Json[]> = {
  "bert": [{}, { global_attn_every_n_layers: 3 }, { layer_types: types(1, 2) }, { layer_norm_eps: 1e-5 }],
  "bert thetas": [
    { global_rope_theta: 80000, local_rope_theta: 5000 },
    nested({ rope_theta: 80000 }, { rope_type: "default", rope_theta: 5000 }),
    { ...nested({ rope_type: "default" }, { rope_theta: 5000 }), global_rope_theta: 80000 },
  ],
  "bert narrow": [narrow, { local_attention: 9, global_attn_every_n_layers: 3 }, { sliding_window: 4, ...narrow }, {
    sliding_window: 4,
  }],
  "bert types": [{ ...narrow, layer_types: types(0, 3) }],
  "bert global": [{ global_attn_every_n_layers: 1 }, { layer_types: types() }, { local_attention: -1 }],
  "bert scaled": [{ ...narrow, ...nested({ ...linear, rope_theta: 160000 }, long) }],
  "bert all scaled": [{ ...narrow, rope_scaling: { type: "linear", factor: 4 } }],
};

Deno.test("a Llama in every form of its config gives the values of an independent program", async () => {
  const untied = { "llama untied": [{ tie_word_embeddings: false }, { tie_word_embeddings: undefined }] };
  for (const [name, forms] of Object.entries({ ...llamas, ...untied })) {
    const shapes: Shapes = name === "llama untied" ? [...llamaShapes, ["lm_head.weight", V, D]] : llamaShapes;
    for (const form of forms) {
      const { config, params } = await openDecoder(files({ ...llama, ...form }, shapes));
      const { logits } = await new DecoderModel(device, config, params).forward([golden.ids], { logits: true });
      const found = logits!.data.slice(-V);
      assert(largestDifference(found, golden[name as "llama"]) < 1e-4, `${name}: ${JSON.stringify(form)}`);
      assertEquals(config.eps, 1e-6);
    }
  }
});

const lastRow = (hidden: HostTensor, width: number) => hidden.data.slice(-width);

Deno.test("a ModernBERT in every form of its config gives the values of an independent program", async () => {
  for (const [name, forms] of Object.entries(berts)) {
    for (const form of forms) {
      const { config, params } = await openEncoder(files({ ...bert, ...form }, bertShapes), { head: "optional" });
      const { hidden } = await new EncoderModel(device, config, params).forward([golden.ids]);
      const difference = largestDifference(lastRow(hidden, D), golden[name as "bert"]);
      assert(difference < 1e-4, `${name}: ${JSON.stringify(form)}: ${difference}`);
    }
  }
  const heads = { "bert tied": [...bertHead, ...bias], "bert untied": [...bertHead, ...matrix, ...bias] };
  for (const [name, head] of Object.entries(heads)) {
    const json = { ...bert, tie_word_embeddings: name === "bert tied" };
    const { config, params } = await openEncoder(files(json, [...bertShapes, ...head]));
    const { logits } = await new EncoderModel(device, config, params).forward([golden.ids], { logits: true });
    assert(largestDifference(lastRow(logits!, V), golden[name as "bert tied"]) < 1e-4, name);
  }
});
