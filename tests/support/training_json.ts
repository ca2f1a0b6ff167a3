/** Training configurations with another value at a dotted key. */
import type { Json } from "../../src/model/config/fields.ts";
import { smallTraining } from "./training_run.ts";

/** A complete configuration. */
export const training: Json = { ...smallTraining, out: "out" };

/** A configuration with another value at a dotted key; what is no object on the way becomes one. */
export function changed(key: string, to: unknown, json: Json = training): Json {
  return at(json, key.split("."), to) as Json;
}

function at(value: unknown, [key, ...rest]: readonly string[], to: unknown): unknown {
  if (key === undefined) return to;
  const below = typeof value === "object" && value !== null ? value as Json : {};
  if (Array.isArray(below)) return below.map((item, i) => String(i) === key ? at(item, rest, to) : item);
  return { ...below, [key]: at(below[key], rest, to) };
}
