/**
 * Keys of a `config.json` that are preserved when a model is saved.
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

/** Keys of a file that are in no table. */
export function unknownKeys(json: Json): string[] {
  const keys = rulesOf(json);
  return Object.keys(json).filter((key) => !key.startsWith("_") && !Object.hasOwn(keys, key));
}

/**
 * The keys of a file that do not determine the model, such as labels, task parameters and unknown keys; other spellings
 * of used keys are not among them.
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
 * Keys of a class that do not determine the model, with the file's values if present, and the preserved keys of the file.
 * A null in the file is replaced by the value of the class, which other readers need.
 */
export function withClassKeys(ofClass: Json, json: Json): Record<string, unknown> {
  const kept = keptKeys(json);
  return { ...kept, ...Object.fromEntries(Object.entries(ofClass).map(([key, value]) => [key, kept[key] ?? value])) };
}
