/**
 * Reads a `config.json` by the table of its model type: defaults of the class, and an error for every key that would change
 * results without being implemented.
 *
 * @module
 */
import { editDistance, nearest, show } from "../../../common/words.ts";
import { type FieldError, Fields, type Json } from "../fields.ts";
import { mechanisms, trainingNames } from "./mechanisms.ts";
import type { KeyRules, KeyTable } from "./rule.ts";
import { keyTables, type ModelType, modelTypeOf } from "./tables.ts";

/** Maximum number of keys: each is compared with every known one. */
const MOST_KEYS = 10_000;

/** Options of reading. */
export interface ReadingOptions {
  /** Name of the object in error messages; `config` unless given. */
  readonly path?: string;
  /** Action of error messages. */
  readonly action?: string;
  /** Whether unknown keys are refused instead of preserved. */
  readonly strict?: boolean;
  /** Takes all errors about fields; unless given, the first one is thrown. */
  readonly faults?: FieldError[];
}

/** A configuration with checked keys. */
export interface ConfigFields<T extends ModelType> {
  /** Its model type. */
  readonly type: T;
  /** Its fields, with the defaults of the class. */
  readonly fields: Fields;
}

/**
 * Checks every key against the table of the model type and fills in the defaults of the class.
 *
 * @throws RangeError that names key and value: a value that is not supported, two spellings that disagree, a key that
 * stands for a mechanism that is not implemented, or a misspelt one
 */
export function configFields<const T extends ModelType>(
  json: Json,
  types: readonly T[],
  fallback: T,
  { path = "config", action, strict = false, faults }: ReadingOptions = {},
): ConfigFields<T> {
  const given = new Fields(json, path, action, faults);
  const type = new Fields({ model_type: modelTypeOf(json) }, path, action).choice("model_type", types, fallback);
  const table: KeyTable = keyTables[type];
  const entries = Object.entries(table.keys);
  const defaults = entries.flatMap(([key, { fallback }]) => fallback === undefined ? [] : [[key, fallback]]);
  const fields = new Fields({ ...Object.fromEntries(defaults), ...withoutNull(json) }, path, action, faults);
  const { length } = Object.keys(json);
  given.check(length <= MOST_KEYS, () => `${path} has ${length} keys, at most ${MOST_KEYS}`);
  for (const key of Object.keys(json)) checkKey(given, fields, table, key, strict);
  return { type, fields };
}

function withoutNull(json: Json): Json {
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null && value !== undefined));
}

/** Throws for a key that the rule does not allow. */
function checkKey(given: Fields, fields: Fields, table: KeyTable, key: string, strict: boolean): void {
  const rule = Object.hasOwn(table.keys, key) ? table.keys[key] : undefined;
  if (!rule) return checkUnknown(given, table.keys, key, strict);
  if (rule.treatment !== "checked" || !given.has(key)) return;
  if (rule.same) return checkSpelling(given, fields, table, key, rule.same);
  const allowed = rule.allowed ?? [];
  if (allowed.some((value) => equals(value, given.value(key)))) return;
  const names = allowed.map((value) => JSON.stringify(value)).join(", ") || "null";
  fail(given, key, `only ${names} is supported: ${rule.about}`);
}

/** Throws unless a key has the value, or else the default, of the key with the same meaning. */
function checkSpelling(given: Fields, fields: Fields, { keys, className }: KeyTable, key: string, same: string): void {
  const read = fields.value(same);
  const value = given.value(key);
  const { treatment, allowed = [] } = keys[same];
  if (read === undefined && treatment === "harmless") return;
  if (read === undefined ? allowed.some((known) => equals(known, value)) : equals(read, value)) return;
  const other = `${given.path}.${same}`;
  if (read !== undefined && !given.has(same)) {
    return fail(given, key, `but ${other} is absent, and ${show(read)} by default of ${className}`);
  }
  fail(given, key, read === undefined ? `but ${other}, which is read, is absent` : `but ${other} is ${show(read)}`);
}

function fail(given: Fields, key: string, reason: string): void {
  const field = `${given.path}.${key.length > 80 ? `${key.slice(0, 80)}…` : key}`;
  given.fail(`${field} is ${show(given.json[key])}, ${reason}`, undefined, field);
}

/** Throws for an unknown key of a known mechanism; with `strict` for every unknown key. */
function checkUnknown(given: Fields, keys: KeyRules, key: string, strict: boolean): void {
  if (key.startsWith("_") || (!strict && trainingNames.test(key))) return;
  const usedKeys = Object.keys(keys).filter((known) => keys[known].treatment === "used");
  const end = () => `the nearest known key is ${nearest(key.slice(0, 80), usedKeys)}`;
  const misspelt = (known: string) =>
    Math.abs(known.length - key.length) <= 2 && 4 * editDistance(key, known) <= Math.min(8, key.length);
  if (strict || usedKeys.some(misspelt)) return fail(given, key, `but the key is unknown, ${end()}`);
  const mechanism = mechanisms.find(({ names }) => names.test(key.toLowerCase()));
  if (!mechanism || hasNoEffect(given.json[key], mechanism.neutral)) return;
  fail(given, key, `but ${mechanism.about} of this key are not supported, ${end()}`);
}

function hasNoEffect(value: unknown, neutral: readonly unknown[] = []): boolean {
  return [null, false, 0, "", "none", [], {}, ...neutral].some((known) => equals(known, value));
}

/** Whether two JSON values have the same meaning, such as silu and swish, or torch.float32 and float32. */
export function equals(a: unknown, b: unknown): boolean {
  const text = (value: unknown) =>
    JSON.stringify(value === "swish" ? "silu" : typeof value === "string" ? value.replace(/^torch\./, "") : value);
  return text(a) === text(b);
}
