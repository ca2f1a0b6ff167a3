/**
 * The tables of all model types, and the model type of a `config.json`.
 *
 * @module
 */
import type { Json } from "../fields.ts";
import { llamaTable } from "./llama.ts";
import { modernAlbertTable } from "./modernalbert.ts";
import { modernBertTable } from "./modernbert.ts";
import { morTable } from "./mor.ts";
import type { KeyTable } from "./rule.ts";

/** Keys by `model_type`. */
export const keyTables = {
  llama: llamaTable,
  mor: morTable,
  refrain: morTable,
  modernbert: modernBertTable,
  modernalbert: modernAlbertTable,
} as const satisfies Readonly<Record<string, KeyTable>>;

/** A `model_type` with a table. */
export type ModelType = keyof typeof keyTables;

/** Patterns of `architectures`, for files without `model_type`. */
const ARCHITECTURES: readonly [RegExp, ModelType][] = [
  [/^Llama/, "llama"],
  [/^MoR/, "mor"],
  [/^ModernBert/, "modernbert"],
  [/^Modern(?:Al|AL)(?:bert|BERT)/, "modernalbert"],
];

/**
 * The `model_type` of a `config.json`, else that of its first architecture.
 *
 * ```ts
 * import { modelTypeOf } from "@refrain/transformers/model";
 * modelTypeOf({ architectures: ["LlamaForCausalLM"] }); // "llama"
 * ```
 */
export function modelTypeOf({ model_type, architectures }: Json): unknown {
  if (model_type !== undefined && model_type !== null) return model_type;
  const first = Array.isArray(architectures) ? String(architectures[0]) : "";
  return ARCHITECTURES.find(([pattern]) => pattern.test(first))?.[1];
}

/** Whether a `config.json` is an encoder's: by its model type, else by keys that only encoders have. */
export function isEncoderJson(json: Json): boolean {
  const type = modelTypeOf(json);
  if (typeof type === "string") return /^modern(?:al)?bert$/.test(type);
  return "group_depth" in json || "embedding_size" in json;
}
