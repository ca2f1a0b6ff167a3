/**
 * Keys of a `config.json` that outlive reading and writing.
 *
 * @module
 */
import type { Json } from "../fields.ts";
import { keyTables, type ModelType, modelTypeOf } from "./tables.ts";
import type { KeyRules } from "./rule.ts";

/** Rules of the model type of a file. */
function rulesOf(json: Json): KeyRules {
  const type = modelTypeOf(json) as ModelType;
  return Object.hasOwn(keyTables, type) ? keyTables[type].keys : keyTables.mor.keys;
}

/** Names of the keys of a file that no table has. */
export function unknownKeys(json: Json): string[] {
  const keys = rulesOf(json);
  return Object.keys(json).filter((key) => !key.startsWith("_") && !Object.hasOwn(keys, key));
}

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
  const keys = rulesOf(json);
  const kept = ([key]: [string, unknown]) =>
    !Object.hasOwn(keys, key) || (keys[key].treatment !== "used" && (keys[key].same ?? "dtype") === "dtype");
  return Object.fromEntries(Object.entries(json).filter(kept));
}

/**
 * Keys of a class that the model is not built from, with the values of a file where it has them, and what else is kept of
 * the file. A null of the file means the value of the class, which other readers need.
 */
export function withClassKeys(ofClass: Json, json: Json): Record<string, unknown> {
  const kept = keptKeys(json);
  return { ...kept, ...Object.fromEntries(Object.entries(ofClass).map(([key, value]) => [key, kept[key] ?? value])) };
}
