/**
 * Keys of a `config.json` that outlive reading and writing.
 *
 * @module
 */
import type { Json } from "../fields.ts";
import { keyTables, type ModelType, modelTypeOf } from "./tables.ts";
import type { KeyRules } from "./rule.ts";

/**
 * The keys of a file that the model is not built from: what its tools and authors noted. Labels, task parameters and
 * unknown keys are among them; other spellings of used keys are not.
 *
 * ```ts
 * import { keptKeys } from "@refrain/transformers/model";
 * keptKeys({ model_type: "llama", hidden_size: 8, id2label: { 0: "no" } }); // { id2label: { 0: "no" } }
 * ```
 */
export function keptKeys(json: Json): Record<string, unknown> {
  const type = modelTypeOf(json) as ModelType;
  const keys: KeyRules = Object.hasOwn(keyTables, type) ? keyTables[type].keys : keyTables.mor.keys;
  const kept = ([key]: [string, unknown]) =>
    !Object.hasOwn(keys, key) || (keys[key].treatment !== "used" && (keys[key].same ?? "dtype") === "dtype");
  return Object.fromEntries(Object.entries(json).filter(kept));
}
