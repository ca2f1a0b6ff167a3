/**
 * Random small models of every kind: sharing, routing, keys and values, experts, heads; with something to run them on.
 *
 * @module
 */
import fc from "fast-check";
import { GATES, ROUTES } from "../../src/op/kinds.ts";
import type { Model } from "../../cli/conformance/model.ts";
import type { Task } from "../../cli/conformance/task.ts";
import { parseDecoderConfig } from "../../src/model/config/decoder_json.ts";
import { decoderSchema } from "../../src/model/decoder_schema.ts";
import { parseEncoderConfig } from "../../src/model/config/encoder_json.ts";
import { encoderSchema } from "../../src/model/encoder_schema.ts";
import type { Json } from "../../src/model/config/fields.ts";
import { someIds, spreadWeights } from "./models.ts";

/** A model and its task, made from plain JSON that a failure prints. */
export interface Sample {
  /** `config.json`. */
  readonly json: Json;
  /** Whether the head is the embedding. */
  readonly tied?: boolean;
  /** Seed of weights and ids. */
  readonly seed: number;
  /** Tokens of each sequence. */
  readonly lengths: readonly number[];
}

const pick = fc.constantFrom;
const from = (min: number, max: number) => fc.integer({ min, max });
const heads = pick([4, 2], [4, 4], [4, 1], [3, 1], [6, 2], [1, 1]);
const common = { seed: from(0, 2 ** 30), lengths: fc.array(from(1, 13), { minLength: 1, maxLength: 3 }) };

const experts = from(1, 5).chain((E) =>
  fc.record({
    num_experts: fc.constant(E),
    top_k: from(1, E),
    lora_rank: from(1, 5),
    lora_alpha: pick(1, 8),
    norm_top_k: fc.boolean(),
    mol_mix: pick("output", "output", "weight"),
  })
);

/** Sharing and routing that go together, for N recursions of b layers. */
const recursion = fc.oneof(
  fc.record({ sharing: pick("cycle", "sequence", "middle_cycle", "middle_sequence"), kv: pick("recursion", "share") }),
  fc.record({
    sharing: pick("cycle", "middle_cycle"),
    routing: fc.constant("expert"),
    router: pick("linear", "mlp", "wide_mlp"),
    gate: pick(...GATES),
    alpha: pick(0.1, 1),
    kv: pick("recursion", "share", "hybrid"),
    shrink: fc.option(pick(1, 0.7), { nil: undefined }),
  }),
  fc.record({
    sharing: pick("cycle", "middle_cycle"),
    routing: fc.constant("token"),
    router: pick("linear", "mlp", "wide_mlp"),
    gate: pick(...ROUTES),
    alpha: pick(1, 0.5),
    kv: pick("recursion", "share", "hybrid"),
    balancing: pick("loss", "loss_free"),
  }),
);

/** Decoders: plain, recursive and routed. */
export const decoderSamples: fc.Arbitrary<Sample> = fc.record({
  ...common,
  tied: fc.boolean(),
  heads,
  width: pick(8, 12, 16, 20, 33),
  head: pick(2, 4, 6, 8, 16),
  F: from(1, 40),
  V: from(5, 70),
  b: from(1, 3),
  N: from(2, 4),
  recursion: fc.option(recursion, { nil: undefined, freq: 8 }),
  mol: fc.option(experts, { nil: undefined, freq: 1 }),
  layers: fc.subarray([0, 1, 2, 3, 4], { minLength: 1 }),
}).map(({ heads: [H, G], width, head, F, V, b, N, recursion, mol, layers, ...rest }) => {
  const { shrink, ...shared } = (recursion ?? {}) as Json;
  const outer = String(shared.sharing).startsWith("middle") ? 2 : 0;
  const capacity = shrink && Array.from({ length: N }, (_, r) => Number(shrink) * 0.75 ** r);
  const json: Json = {
    hidden_size: width,
    intermediate_size: F,
    vocab_size: V,
    num_attention_heads: H,
    num_key_value_heads: G,
    head_dim: head,
    num_hidden_layers: recursion ? b * N + outer : b,
    max_position_embeddings: 32,
    ...(recursion ? { recursion: { ...shared, num_recursions: N, ...(capacity ? { capacity } : {}) } } : {}),
    ...(mol ? { mol: { ...mol, layers: layers.map((layer) => layer % (b + outer)) } } : {}),
    loss_coefficients: { router_aux: 0.01, router_z: 0.001, router_balance: 0.1, mol_balance: 0.05 },
  };
  return { json, ...rest };
});

/** Encoders: ModernALBERT with experts in any groups, and ModernBERT with local layers. */
export const encoderSamples: fc.Arbitrary<Sample> = fc.record({
  ...common,
  modern: fc.boolean(),
  H: from(1, 4),
  head: pick(2, 4, 6, 8),
  J: pick(4, 8, 13),
  V: from(5, 70),
  depth: from(1, 3),
  groups: from(1, 3),
  mol: fc.option(experts, { nil: undefined, freq: 3 }),
  layers: fc.subarray([0, 1, 2]),
  sizes: fc.tuple(from(1, 30), from(1, 30)),
  untied: fc.boolean(),
}).map(({ modern, H, head, J, V, depth, groups, mol, layers, sizes, untied, ...rest }) => {
  const json: Json = {
    model_type: modern ? "modernbert" : "modernalbert",
    hidden_size: H * head,
    intermediate_size: sizes[0],
    vocab_size: V,
    num_attention_heads: H,
    num_hidden_layers: depth * groups,
    max_position_embeddings: 32,
    tie_word_embeddings: !untied,
    ...(modern
      ? { local_attention: 4, global_attn_every_n_layers: 2 }
      : { embedding_size: J, group_depth: depth, expert_intermediate_size: sizes[1] }),
    ...(!modern && mol
      ? { ...mol, mol_groups: [...new Set(layers.map((g) => g % groups))], load_balancing_loss_coef: 0.1 }
      : {}),
  };
  return { json, ...rest };
});

/** Makes the model and the task of a sample. */
export function build({ json, tied, seed, lengths }: Sample): { model: Model; task: Task } {
  const V = Number(json.vocab_size);
  const sequences = lengths.map((length, b) => someIds(seed + b, length, V));
  const labels = sequences.map((ids) => ids.map((id, t) => t % 3 === 1 ? (id + 1) % V : -100));
  const task: Task = { sequences, labels, width: Math.max(...lengths), wants: () => true };
  if (tied === undefined) {
    const config = parseEncoderConfig(json);
    return { model: { kind: "encoder", config, params: spreadWeights(encoderSchema(config), seed) }, task };
  }
  const config = parseDecoderConfig(json, { tied });
  return { model: { kind: "decoder", config, params: spreadWeights(decoderSchema(config), seed) }, task };
}
