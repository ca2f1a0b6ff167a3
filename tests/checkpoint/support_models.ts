// Small models of every kind, as config.json, and their files.
import fc from "fast-check";
import { openDecoder, type OpenedDecoder } from "../../src/checkpoint/open.ts";
import type { Layout } from "../../src/checkpoint/layout.ts";
import { encodeSafetensors, type TensorToWrite } from "../../src/checkpoint/write.ts";
import type { HostTensor } from "../../src/op/device.ts";
import type { DecoderConfig } from "../../src/model/config/config.ts";
import { type DecoderParams, decoderSchema } from "../../src/model/decoder_schema.ts";
import type { Json } from "../../src/model/config/fields.ts";
import { initialize } from "../../src/model/init.ts";
import { mapParams } from "../../src/model/parameters.ts";
import { sizeOf } from "../../src/op/op.ts";
import { join, utf8 } from "./support.ts";

/** config.json of a tiny decoder. */
export function decoderFields(recursion: Json, L: number, more: Json = {}): Json {
  return {
    model_type: "mor",
    hidden_size: 8,
    intermediate_size: 6,
    vocab_size: 11,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    num_hidden_layers: L,
    recursion,
    ...more,
  };
}

const routed = fc.constantFrom(
  { routing: "expert", router: "linear" },
  { routing: "expert", router: "mlp" },
  { routing: "expert", router: "wide_mlp" },
  { routing: "token", router: "linear" },
  { routing: "token", router: "mlp", balancing: "loss_free" },
);
const cyclic = fc.constantFrom("cycle", "middle_cycle");
const sharings = fc.constantFrom("cycle", "sequence", "middle_cycle", "middle_sequence");

/** Fields of routed decoders: every routing and router over both sharings. */
export const routedFields: fc.Arbitrary<Json> = fc.tuple(routed, cyclic, fc.integer({ min: 1, max: 3 }), fc.nat(1))
  .map(([route, sharing, N, more]) => {
    return decoderFields({ ...route, sharing, num_recursions: N }, N * (1 + more) + (sharing === "cycle" ? 0 : 2));
  });

/** Fields of decoders whose layers are shared and that route nothing. */
export const sharedFields: fc.Arbitrary<Json> = fc.tuple(sharings, fc.integer({ min: 2, max: 3 }), fc.nat(1))
  .map(([sharing, N, more]) => {
    return decoderFields({ sharing, num_recursions: N }, N * (1 + more) + (sharing.startsWith("middle") ? 2 : 0));
  });

const plain = fc.integer({ min: 1, max: 3 }).map((L) => decoderFields({}, L));
const mol = { num_experts: 3, top_k: 2, lora_rank: 2 };

/** Fields of decoders of any kind, some with experts, some untied. */
export const anyFields: fc.Arbitrary<Json> = fc.tuple(
  fc.oneof(plain, sharedFields, routedFields),
  fc.boolean(),
  fc.boolean(),
)
  .map(([fields, untied, experts]) => ({
    ...fields,
    ...(untied ? { tie_word_embeddings: false } : {}),
    ...(experts ? { mol: { layers: [0], ...mol } } : {}),
  }));

/** Fresh weights, no two tensors of which are equal: zeros and ones are counted up from the seed. */
export function freshDecoder(config: DecoderConfig, seed: number): DecoderParams<HostTensor> {
  const fresh = initialize<DecoderParams<HostTensor>>(decoderSchema(config), seed);
  let next = seed % 1000;
  const unequal = (value: HostTensor): HostTensor => {
    const constant = value.data.every((number) => number === value.data[0]);
    return constant ? { ...value, data: Float32Array.from(value.data, () => next++) } : value;
  };
  return mapParams<HostTensor, HostTensor>(decoderSchema(config), (_, value) => unequal(value), fresh) as typeof fresh;
}

/** The tensors of a decoder under the names of a layout. */
export function tensorsOf(config: DecoderConfig, params: DecoderParams<HostTensor>, { namesOf }: Layout) {
  const tensors: TensorToWrite[] = [];
  mapParams<HostTensor, void>(decoderSchema(config), ({ parts }, { data }) => {
    let at = 0;
    for (const { name, shape } of parts) {
      const part = Float32Array.from(data.subarray(at, at += sizeOf(shape)));
      for (const written of namesOf(name)) tensors.push({ name: written, shape, data: part });
    }
  }, params);
  return tensors;
}

/** Opens a decoder from tensors and fields. */
export function openTensors(tensors: TensorToWrite[], fields: Json, recursion?: Json): Promise<OpenedDecoder> {
  const files = { "config.json": utf8(JSON.stringify(fields)), "model.safetensors": join(encodeSafetensors(tensors)) };
  return openDecoder(files, { recursion });
}
