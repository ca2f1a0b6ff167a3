/**
 * Small checkpoints whose weights are sines: those of tests/golden/config_forms.py.
 *
 * @module
 */
import { encodeSafetensors } from "../../src/checkpoint/write.ts";
import type { Json } from "../../src/model/config/fields.ts";
import { join, utf8 } from "../checkpoint/support.ts";

/** Width, head width, feed-forward width and vocabulary of the checkpoints. */
export const [D, K, F, V] = [32, 16, 24, 23];

/** Tensor n of the independent program: sines, a norm's around one. */
function tensor(name: string, n: number, shape: readonly number[]) {
  const size = shape.reduce((a, b) => a * b);
  const sine = (i: number) => Math.sin(12.9898 * (i + 1) + 78.233 * n);
  const value = shape.length === 1
    ? (i: number) => 1 + 0.1 * sine(i)
    : (i: number) => 4 * sine(i) / Math.sqrt(shape[1]);
  return {
    name,
    shape: name === "decoder.bias" ? [V] : shape,
    data: Float32Array.from({ length: size }, (_, i) => value(i)),
  };
}

/** Names and shapes of tensors, in the order of the program. */
export type Shapes = readonly (readonly [name: string, ...shape: number[]])[];

/** The files of a checkpoint. */
export const files = (json: Json, shapes: Shapes) => ({
  "config.json": utf8(JSON.stringify(json)),
  "model.safetensors": join(encodeSafetensors(shapes.map(([name, ...shape], n) => tensor(name, n, shape)))),
});

const llamaLayer = (l: number): Shapes => {
  const layer = `model.layers.${l}`;
  return [
    [`${layer}.input_layernorm.weight`, D],
    ...[["q", 32], ["k", 16], ["v", 16]].map(([x, rows]) => [`${layer}.self_attn.${x}_proj.weight`, rows, D]),
    [`${layer}.self_attn.o_proj.weight`, D, 32],
    [`${layer}.post_attention_layernorm.weight`, D],
    [`${layer}.mlp.gate_proj.weight`, F, D],
    [`${layer}.mlp.up_proj.weight`, F, D],
    [`${layer}.mlp.down_proj.weight`, D, F],
  ] as unknown as Shapes;
};
/** A Llama of two layers with a tied head. */
export const llamaShapes: Shapes = [
  ["model.embed_tokens.weight", V, D],
  ...llamaLayer(0),
  ...llamaLayer(1),
  ["model.norm.weight", D],
];
const bertLayer = (l: number): Shapes => {
  const layer = `model.layers.${l}`;
  return [
    ...(l === 0 ? [] : [[`${layer}.attn_norm.weight`, D] as const]),
    [`${layer}.attn.Wqkv.weight`, 3 * D, D],
    [`${layer}.attn.Wo.weight`, D, D],
    [`${layer}.mlp_norm.weight`, D],
    [`${layer}.mlp.Wi.weight`, 2 * F, D],
    [`${layer}.mlp.Wo.weight`, D, F],
  ];
};
/** A ModernBERT of four layers without a head. */
export const bertShapes: Shapes = [
  ["model.embeddings.tok_embeddings.weight", V, D],
  ["model.embeddings.norm.weight", D],
  ...[0, 1, 2, 3].flatMap(bertLayer),
  ["model.final_norm.weight", D],
];
/** Its masked-language head, but for the last matrix and its bias. */
export const bertHead: Shapes = [["head.dense.weight", D, D], ["head.norm.weight", D]];
/** The last matrix of an untied head. */
export const matrix: Shapes = [["decoder.weight", V, D]];
/** The bias of a head. */
export const bias: Shapes = [["decoder.bias", 1, V]];

const sizes = { hidden_size: D, intermediate_size: F, vocab_size: V, num_attention_heads: 2 };

/** `config.json` of a small Llama. */
export const llamaForm = {
  model_type: "llama",
  ...sizes,
  num_key_value_heads: 1,
  num_hidden_layers: 2,
  tie_word_embeddings: true,
};

/** `config.json` of a small ModernBERT. */
export const bertForm = { model_type: "modernbert", ...sizes, num_hidden_layers: 4 };
