/**
 * Reads and checks a training configuration before any work starts.
 *
 * @module
 */
import { nameDistance, show } from "../../common/words.ts";
import { FieldError, Fields, type Json } from "../../model/config/fields.ts";
import { readRow, type Row } from "../../model/config/row.ts";
import type { TrainingConfig } from "./config.ts";
import { type TrainingKey, trainingKeys } from "./keys.ts";
import { relationFaults, withDefaults } from "./relations.ts";
import { type ConfigOptions, specialReaders } from "./special.ts";

/** Name of the configuration in error messages. */
const PATH = "training";

/** Faults that a message lists at most. */
const MOST_FAULTS = 20;

/** All keys with the object that holds each, "" for the configuration itself. */
const keys = Object.entries<TrainingKey>(trainingKeys).map(([dotted, row]) => {
  const at = dotted.indexOf(".");
  return { dotted, section: dotted.slice(0, Math.max(0, at)), key: dotted.slice(at + 1), row };
});

/** Objects that are undefined where they are left out. */
const OPTIONAL = ["start", "teacher"];

/**
 * Reads a training configuration by the table `trainingKeys`. `json.model` is a preset's name or an object; a caller that
 * reads files puts the content of config.json there.
 *
 * Throws one RangeError that lists all faults: key, value and what was expected; an unknown key gets the one that it
 * probably means.
 *
 * ```ts
 * import { readTrainingConfig } from "@refrain/transformers/train";
 * const model = { hidden_size: 64, intermediate_size: 96, vocab_size: 512, num_attention_heads: 4, num_hidden_layers: 5 };
 * const config = readTrainingConfig({ model, data: { train: ["stories.txt"] }, steps: 100 });
 * config.data.batch; // 8, the default
 * ```
 */
export function readTrainingConfig(
  json: Json,
  { resolve = (path) => path, lacks }: Partial<ConfigOptions> = {},
): TrainingConfig {
  const options = { resolve, lacks };
  const reasons = new Map<string, string[]>();
  const config: Record<string, unknown> = {};
  const fault = (at: string, reason: string) => reasons.set(at, [...reasons.get(at) ?? [], reason]);
  for (const section of new Set(keys.map(({ section }) => section))) {
    const given = section ? (json[section] ?? (OPTIONAL.includes(section) ? undefined : {})) as Json | undefined : json;
    if (given === undefined) continue;
    const path = section ? `${PATH}.${section}` : PATH;
    if (typeof given !== "object" || Array.isArray(given)) {
      fault(section, `${path} is ${show(given)}, expected an object`);
      continue;
    }
    for (const unknown of unknownKeys(given, section)) fault(`${section}?`, unknown);
    const own = keys.filter((key) => key.section === section);
    const values = own.map(({ dotted, key, row }) => {
      const { value, faults } = readKey(given, { path, key, row, options });
      for (const { reason } of faults) fault(dotted, reason);
      return [key, value];
    });
    Object.assign(config, section ? { [section]: Object.fromEntries(values) } : Object.fromEntries(values));
  }
  const read = withDefaults(config as unknown as TrainingConfig);
  for (const reason of relationFaults(read, (key) => reasons.has(key))) fault("", reason);
  const all = [...reasons.values()].flat();
  if (all.length) throw new RangeError(`Cannot read the configuration: ${listed(all)}`);
  return read;
}

/** One fault as it is, several as a list. */
function listed(reasons: readonly string[]): string {
  if (reasons.length === 1) return reasons[0];
  const more = reasons.length - MOST_FAULTS;
  const lines = reasons.slice(0, MOST_FAULTS).map((reason) => `\n  ${reason}`);
  return `it has ${reasons.length} faults${lines.join("")}${more > 0 ? `\n  and ${more} more` : ""}`;
}

/** Reads one key; a present null is as if the key were absent. */
function readKey(
  given: Json,
  { path, key, row, options }: { path: string; key: string; row: TrainingKey; options: ConfigOptions },
): { value?: unknown; faults: FieldError[] } {
  const faults: FieldError[] = [];
  const fields = new Fields({ [key]: given[key] ?? row.fallback }, path, undefined, faults);
  try {
    const special = Object.hasOwn(specialReaders, row.kind) && specialReaders[row.kind as keyof typeof specialReaders];
    if (special && fields.has(key)) return { value: special(fields, key, options, row), faults };
    if (special && !row.required) return { faults };
    return { value: readRow(fields, key, row as Row), faults };
  } catch (error) { // of a value that cannot be read any further
    if (error instanceof FieldError) faults.push(error);
    else if (!faults.length) throw error;
    return { faults };
  }
}

/** Faults of unknown keys: the nearest known one in any object, that of the same object where two are as near. */
function unknownKeys(given: Json, section: string): string[] {
  const prefix = section && `${section}.`;
  const known = new Set(keys.flatMap((key) => key.section === section ? [key.key] : section ? [] : [key.section]));
  const names = [...keys.map(({ dotted }) => dotted), ...new Set(keys.map(({ section }) => section).filter(Boolean))];
  const distance = (name: string, key: string) => {
    const elsewhere = name.startsWith(prefix) && !name.slice(prefix.length).includes(".") ? 0 : 0.25;
    return nameDistance(key, name.split(".").pop()!) + elsewhere;
  };
  return Object.keys(given).filter((key) => !known.has(key)).map((key) => {
    const [nearest] = names.map((name) => ({ name, far: distance(name, key) })).sort((a, b) => a.far - b.far);
    return `${PATH}.${prefix}${key.slice(0, 80)} is unknown, the nearest known key is ${nearest.name}`;
  });
}
